"""What was wrong with a request, as RFC 9457 problem details: every fault with the place it is at (RFC 6901 pointer).

For both doors. Invariant: neither a value of the request nor anything of ours (a stack, a statement) is in it.
"""

from typing import Any

from pydantic import ValidationError

from mediaserver.errors import Unprocessable

FAULTS_MOST = 20
PART_CHARACTERS_MOST = 64


class Invalid(Unprocessable):
    """A body, query or path that its description does not admit; lists every fault."""

    def __init__(self, faults: list[dict[str, str]], code: str = "invalid") -> None:
        """`faults`: {"pointer", "code", "detail"} each."""
        super().__init__(faults[0]["detail"] if faults else "", code=code)
        self.faults = faults

    def problem(self) -> dict[str, Any]:
        """See `RemoteError.problem`."""
        return {**super().problem(), "errors": self.faults[:FAULTS_MOST]}


def invalid(error: ValidationError, base: str = "") -> Invalid:
    """From pydantic's account of it. `base`: where in the request it looked (`/query`, `/path`, empty for the body)."""
    return Invalid(
        [
            {
                "pointer": base + "".join("/" + _part(part) for part in fault["loc"]),
                "code": fault["type"],
                "detail": fault["msg"].removeprefix("Value error, "),
            }
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    )


def _part(part: int | str) -> str:
    # A key of the request may be anything; the pointer repeats no more of it than a person needs.
    return str(part).replace("~", "~0").replace("/", "~1")[:PART_CHARACTERS_MOST]
