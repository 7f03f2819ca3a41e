"""How many ticks come late when the mixing thread is busy: rooms of ten, as many as bring it near the wanted share of a core.

Late means ready after the next tick was due: what a listener's buffer has to bridge. What the machine does besides shows as the time for
which the server's busiest thread was ready to run and had no core: where that is not small, the machine was measured and not the server.
"""

from dataclasses import asdict
from typing import Any

from bench.mixer.load import MixLoad
from bench.mixer.measure import Timing, measure

# The first guess is made from so many rooms; then the number is corrected until the load is near enough.
FIRST_ROOMS = 4
NEAR = 0.05
TRIES = 4
ROOMS_MOST = 400

COLUMNS = {
    "rooms": "d", "participants": "d", "mixing_share": ".1%", "ticks": "d", "ticks_late_share": ".3%", "ticks_skipped": "d",
    "complexity": "d", "delivered_share": ".2%", "waited_share": ".1%",
}  # fmt: skip


def under_load(subject: str, load: MixLoad, share: float, timing: Timing) -> dict[str, Any] | None:
    """Figures of the run that came nearest to the share; None where none came near."""
    rooms, best = FIRST_ROOMS, None
    for _ in range(TRIES):
        run = measure(subject, load.with_options(rooms=rooms), timing)
        if not run.mixing_share:
            return None
        if best is None or abs(run.mixing_share - share) < abs((best.mixing_share or 0) - share):
            best = run
        if abs(run.mixing_share - share) <= NEAR:
            break
        rooms = min(ROOMS_MOST, max(1, round(rooms * share / run.mixing_share)))
    return asdict(best) if best is not None and abs((best.mixing_share or 0) - share) <= 2 * NEAR else None
