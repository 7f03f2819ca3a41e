"""Reading of bit strings, for the headers that say how large a picture is. Total: what is not there reads as 0."""

__all__ = ["Bits"]

GOLOMB_ZEROS_MOST = 32


class Bits:
    """A reader from the first byte's top bit on."""

    __slots__ = ("_at", "_end", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._end = 8 * len(data)
        self._at = 0

    @property
    def exhausted(self) -> bool:
        """Whether more was read than there is."""
        return self._at > self._end

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        self._at += count
        rest = self._end - self._at
        return (self._value >> rest if rest >= 0 else self._value << -rest) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """An Exp-Golomb number (H.264 section 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > GOLOMB_ZEROS_MOST or self.exhausted:
                return 0
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """A signed Exp-Golomb number (H.264 section 9.1.1)."""
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)
