"""Every operation under schemathesis: whatever the document lets be sent, and what it forbids, is answered as the document says.

Against a real server on this machine, on SQLite, with tokens of the right role; half of the well-formed requests name things that exist.
"""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response

from signalling.api.openapi import document
from signalling.api.routes import all_operations
from signalling.ids import new_id
from tests.signalling import world
from tests.signalling.people import ADMIN, CUSTOMER
from tests.support.live_core import LiveCore

EXAMPLES = 100
# A well-formed request may be refused for what is there; 401 see `admitted_by_both`.
# 428: where the version may stand in the header or in the body, neither alone is required, but one of them is.
POSITIVE = ["2xx", "3xx", "401", "403", "404", "409", "412", "413", "422", "428", "429"]
# What is sent here is itself a credential, besides the token.
CREDENTIALS = {"login.change_password"}
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": POSITIVE},
        "missing_required_header": {"expected-statuses": ["400", "422", "428"]},
    },
    "generation": {"deterministic": True},
}

schema = schemathesis.openapi.from_dict(document(all_operations()), config=schemathesis.config.SchemathesisConfig.from_dict(CONFIG))
# How large a file may be is said in words.
FILES = {operation.name for operation in all_operations() if operation.body_types}
ROLES = {operation.name: operation.roles for operation in all_operations()}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCore]:
    core = LiveCore(tmp_path_factory.mktemp("schemathesis"))
    yield core
    core.close()


@pytest.fixture(scope="module")
def ids(live: LiveCore) -> dict[str, str]:
    return live.run(world.made(live.core))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


def admitted_by_both(ctx: CheckContext, response: Response, case: schemathesis.Case) -> bool | None:
    """What the document admits the validator admits: a well-formed request is never refused as ill-formed, nor its good token."""
    name = case.operation.definition.raw["operationId"]
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return None
    if response.status_code == 401 and ROLES[name] and name not in CREDENTIALS:
        raise Failure(operation=case.operation.label, title="A good token is refused", message=response.text)
    if response.status_code == 413 and name not in FILES:
        raise Failure(operation=case.operation.label, title="The document admits a body that is too large", message=response.text)
    if response.status_code == 422:
        problem = response.json()
        # A rule in words (an IANA zone, a public URL) cannot be said in JSON Schema; everything else can.
        if problem["code"] == "invalid" and any(each["code"] != "value_error" for each in problem["errors"]):
            raise Failure(operation=case.operation.label, title="The document admits what the validator refuses", message=str(problem))
    return None


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_operation(
    case: schemathesis.Case,
    live: LiveCore,
    ids: dict[str, str],
    session: requests.Session,
    caplog: pytest.LogCaptureFixture,
) -> None:
    operation = case.operation.definition.raw["operationId"]
    chance = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "backslashreplace"))
    meta = case.meta
    if meta is not None and meta.generation.mode.is_positive and chance % 2:
        sent = case.path_parameters or {}
        case.path_parameters = {name: ids.get(world.OTHER_NAMES.get((operation, name), name), sent[name]) for name in sent}
        if case.body is not None and meta.components.get(ParameterLocation.BODY) is not None:
            case.body = world.with_existing(case.body, ids)
    roles = ROLES[operation]
    headers: dict[str, Any] = {}
    if roles:
        caller = CUSTOMER if CUSTOMER.role in roles and (ADMIN.role not in roles or chance % 4 < 2) else ADMIN
        # A session of its own, since one operation ends the caller's.
        token = live.core.services.identity.session_token(replace(caller, session_id=new_id("ses")), 3600)
        headers["Authorization"] = f"Bearer {token}"
    with caplog.at_level(logging.ERROR):
        case.call_and_validate(base_url=live.url, session=session, headers=headers, additional_checks=[admitted_by_both])
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR and each.name.startswith("signalling")]
