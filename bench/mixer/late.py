"""How many ticks come late when the mixing thread is busy: rooms of ten, as many as bring it near the wanted share of a core.

Late means ready after the next tick was due: what a listener's buffer has to bridge. What the machine does besides shows as the time for
which the server's busiest thread was ready to run and had no core: where that is not small, the machine was measured and not the server.
"""

from dataclasses import asdict, replace
from typing import Any

from bench.mixer.load import MixLoad
from bench.mixer.measure import Timing, measure

# The first guess is made from so many rooms; then the number is corrected until the load is near enough. More rooms are not more load in
# proportion, since under load the encoders are told to work less (mixing_load.pyx).
FIRST_ROOMS = 4
NEAR = 0.05
SEARCHES, JUDGEMENTS = 4, 3
ROOMS_MOST = 400
# Finding the number takes short runs. What is judged are a thousand ticks or more, after the encoders' effort has settled.
SEARCH = Timing(warmup_s=4.0, duration_s=4.0)
SETTLE_S = 6.0
JUDGED_S = 20.0

COLUMNS = {
    "rooms": "d", "participants": "d", "mixing_share": ".1%", "ticks": "d", "ticks_late_share": ".3%", "ticks_skipped": "d",
    "complexity": "d", "delivered_share": ".2%", "waited_share": ".1%",
}  # fmt: skip


def under_load(subject: str, load: MixLoad, share: float, timing: Timing) -> dict[str, Any] | None:
    """Figures of a run with the mixing thread near that share; None where it could not be brought there."""
    rooms = FIRST_ROOMS
    judged = Timing(max(SETTLE_S, timing.warmup_s), max(JUDGED_S, timing.duration_s), timing.pin)
    searching, searches = True, 0
    for _ in range(SEARCHES + JUDGEMENTS):
        run = measure(subject, load.with_options(rooms=rooms), replace(SEARCH, pin=timing.pin) if searching else judged)
        if not run.mixing_share:
            return None
        near = abs(run.mixing_share - share) <= NEAR
        if near and not searching:
            return asdict(run)
        searches += searching
        searching = searching and not near and searches < SEARCHES
        if not near:
            rooms = min(ROOMS_MOST, max(1, round(rooms * share / run.mixing_share)))
    return None
