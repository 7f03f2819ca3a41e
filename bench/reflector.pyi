"""A bare reflector, the limit that `bench forward` compares with. See reflector.pyx."""

class Reflector:
    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None: ...
    @property
    def port(self) -> int: ...
    @property
    def native_id(self) -> int:
        """The thread's id, 0 before start()."""
    def peer_open(self, peer_id: int, ip: str, port: int, profile: int, send_key: bytes, receive_key: bytes) -> None:
        """A peer at this address; keys as `Worker.transport_keys` takes them."""
    def route(self, from_id: int, ssrc: int, to_id: int, to_ssrc: int, payload_type: int, *, last: bool = False) -> None:
        """Sends the stream `ssrc` of one peer to another, as `to_ssrc`. `last`: behind the others of a turn (audio)."""
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def counters(self) -> dict[str, int]:
        """Totals since start(), at most 100 ms old while packets flow."""
