"""libopus for the mixer's bench; see opus.pyx."""

RATE: int
FRAME: int

def encode(
    samples: bytes, *, bitrate_bps: int = 32000, complexity: int = 9, dtx: bool = False, expected_loss_percent: int = 0
) -> list[bytes]: ...
def decode(packets: list[bytes | None]) -> bytes: ...
def cost_us(
    packets: list[bytes], samples: bytes, *, rounds: int, bitrate_bps: int, complexity: int, expected_loss_percent: int
) -> tuple[float, float]: ...
