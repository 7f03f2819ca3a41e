"""The exception tree: every remote error knows its answer."""

import json

import pytest

from mediaserver import errors

STATUS = {
    errors.BadRequest: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Unprocessable: 422,
    errors.PreconditionRequired: 428,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_renders_a_problem(kind: type[errors.RemoteError], status: int) -> None:
    error = kind("why it failed", pointer="/x")
    problem = json.loads(json.dumps(error.problem()))
    assert error.status == problem["status"] == status
    assert problem["title"] == kind.title and problem["detail"] == "why it failed" == str(error)
    assert problem["errors"] == [{"pointer": "/x", "code": kind.default_code, "detail": "why it failed"}]
    assert "errors" not in kind().problem() and kind().problem()["detail"] == kind.title


def test_every_remote_error_has_its_own_status_and_is_exported() -> None:
    named = {getattr(errors, name) for name in errors.__all__}
    assert named == {errors.TresenError, errors.LocalError, errors.RemoteError, *STATUS}
    assert len({kind.default_code for kind in STATUS}) == len(STATUS)


def test_blame_is_one_sided() -> None:
    assert not issubclass(errors.LocalError, errors.RemoteError)
    assert issubclass(errors.LocalError, errors.TresenError) and issubclass(errors.RemoteError, errors.TresenError)


def test_answers_carry_their_headers() -> None:
    assert errors.Unauthorized().headers["WWW-Authenticate"].startswith("Bearer")
    assert errors.Unavailable(retry_after_s=0.2).headers["Retry-After"] == "1"
    assert errors.TooMany(retry_after_s=4.1).headers["Retry-After"] == "5"
    assert "Retry-After" not in errors.Unavailable().headers
    assert errors.MethodNotAllowed(headers={"Allow": "POST"}).headers == {"Allow": "POST"}
