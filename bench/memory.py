"""`bench idle`: memory of the whole server's process per participant, connected and muted, and in a live two-way call.

RSS before and after, over the number of participants, each with a WHIP and a WHEP session; so it holds everything: the engine's structs
and keys, the retransmission history, DTLS, the control plane's objects. What the process needs whoever comes is not counted: a few
participants warm it up first (and stay, silent).
"""

import time
from typing import Any

from bench.machine import two_cores
from bench.pipe import Child
from bench.scenarios import Load
from bench.usage import resident_bytes

WARM_UP_ROOMS = 10
# Muted after a little audio and video: enough for DTLS to be settled. What tracks and peers hold is given back 5 to 7 s after their last
# packet.
IDLE = Load(rooms=200, participants=2, publishers=0, subscribers=0, video_bps=50_000)
IDLE_WAIT_S = 9.0
ACTIVE = Load(rooms=50, participants=2, publishers=0, subscribers=0, video_bps=1_500_000)
# Histories hold up to two seconds.
ACTIVE_WAIT_S = 5.0


def measure(load: Load, wait_s: float, *, mute: bool) -> dict[str, Any]:
    """Bytes per participant of this load, after `wait_s` of it (or, when muted, of silence)."""
    cores = two_cores()
    with Child("bench.server", "media") as server:
        opened = server.ask("open", load=load.to_json(), core=cores[0])
        with Child("bench.client") as warm:
            connected(warm, opened, load.with_options(rooms=WARM_UP_ROOMS), cores[1])
        server.ask("settle")
        before_bytes = resident_bytes(server.pid)
        sessions_before = server.ask("settle")["sessions"]
        with Child("bench.client") as client:
            connected(client, opened, load, cores[1], room_prefix="measured")
            if mute:
                client.ask("pause")
            time.sleep(wait_s)
            settled = server.ask("settle")
            used_bytes = resident_bytes(server.pid) - before_bytes
            client.ask("close")
        server.ask("close")
    return {
        "participants": load.people,
        "sessions": settled["sessions"] - sessions_before,
        "bytes_per_participant": used_bytes / load.people,
        "native_history_bytes_per_participant": settled["history_bytes"] / load.people,
    }


def connected(client: Child, server: dict[str, Any], load: Load, core: int | None, room_prefix: str = "warm") -> None:
    client.ask("open", load=load.to_json(), core=core)
    client.ask("connect", server=server, ice=True, room_prefix=room_prefix)


def result() -> dict[str, Any]:
    return {"idle": measure(IDLE, IDLE_WAIT_S, mute=True), "active": measure(ACTIVE, ACTIVE_WAIT_S, mute=False)}
