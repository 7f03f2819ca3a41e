"""Who appears in the tests, and their tokens."""

import time

from signalling.app import SignallingCore
from signalling.identity.caller import Caller, Role

TENANT = "ten_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
FOREIGN = "ten_01JD3Q8Z6W0V7M9K4C2T5B8N2X"


def clock_now() -> int:
    """The clock of cores under test: real, as tokens are."""
    return time.time_ns() // 1000


CUSTOMER = Caller(TENANT, "cust_01JD3Q8Z6W0V7M9K4C2T5B8N1X", Role.CUSTOMER, "Ana", session_id="ses_1")
OTHER_CUSTOMER = Caller(TENANT, "cust_01JD3Q8Z6W0V7M9K4C2T5B8N2X", Role.CUSTOMER, "Otto", session_id="ses_2")
REP = Caller(TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N1X", Role.REP, "Rita", session_id="ses_3")
OTHER_REP = Caller(TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N2X", Role.REP, "Rolf", session_id="ses_4")
SUPERVISOR = Caller(TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N3X", Role.SUPERVISOR, "Sue", session_id="ses_5")
ADMIN = Caller(TENANT, "rep_01JD3Q8Z6W0V7M9K4C2T5B8N4X", Role.ADMIN, "Ada", session_id="ses_6")


def bearer(core: SignallingCore, caller: Caller) -> dict[str, str]:
    """The header that makes a request this caller's."""
    return {"Authorization": f"Bearer {core.services.identity.session_token(caller, 3600)}"}
