"""Transport-cc feedback written plainly from draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1: bits as strings, numbers
unbounded, no limits. A reader, a writer that chunks at random, and a recorder."""

import random
import struct

Status = tuple[int, int | None]  # number, delta in 250 us to the previous received one (None: not received)


class Malformed(ValueError):
    """The bytes are no feedback packet."""


def read(data: bytes) -> tuple[int, int, list[Status]]:
    """(reference time, feedback count, statuses) of one RTCP packet."""
    first, kind, words = struct.unpack_from("!BBH", data)
    body = data[4:4 + 4 * words]
    if first & 0x20:
        body = body[:-body[-1]]
    if first & 0x1F != 15 or kind != 205 or len(body) < 18:
        raise Malformed
    base, count = struct.unpack_from("!HH", body, 8)
    reference, rest = int.from_bytes(body[12:15], "big"), body[16:]
    symbols: list[int] = []
    while len(symbols) < count:
        if len(rest) < 2:
            raise Malformed
        bits, rest = f"{int.from_bytes(rest[:2], 'big'):016b}", rest[2:]
        if bits[0] == "0":
            chunk = [int(bits[1:3], 2)] * int(bits[3:], 2)
        elif bits[1] == "0":
            chunk = [int(bit) for bit in bits[2:]]
        else:
            chunk = [int(bits[at:at + 2], 2) for at in range(2, 16, 2)]
        symbols += chunk
    statuses: list[Status] = []
    for index, symbol in enumerate(symbols[:count]):
        if symbol == 3 or len(rest) < symbol:
            raise Malformed
        delta = int.from_bytes(rest[:symbol], "big", signed=symbol == 2) if symbol else None
        rest = rest[symbol:]
        statuses.append(((base + index) % 65536, delta))
    return reference, body[15], statuses


def write(rng: random.Random, base: int, reference: int, count: int, deltas: list[int | None], padded: bool) -> bytes:
    """A packet with these statuses, cut into chunks at random and with two-byte deltas where one would do."""
    symbols = [0 if delta is None else 1 if 0 <= delta <= 255 and rng.random() < 0.9 else 2 for delta in deltas]
    chunks, at = "", 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at] and run < 8191:
            run += 1
        pick = rng.choice(["run", "one", "two", "empty"])
        if pick == "empty":
            chunks += f"0{rng.choice([0, 1, 2]):02b}" + "0" * 13
        elif pick == "run" or (pick == "one" and 2 in symbols[at:at + 14]):
            take = rng.randrange(1, run + 1)
            chunks += f"0{symbols[at]:02b}{take:013b}"
            at += take
        elif pick == "one":
            chunks += "10" + "".join(str(symbol) for symbol in symbols[at:at + 14]).ljust(14, "0")
            at += 14
        else:
            chunks += "11" + "".join(f"{symbol:02b}" for symbol in symbols[at:at + 7]).ljust(14, "0")
            at += 7
    body = struct.pack("!LLHH", 1, 2, base, len(symbols)) + reference.to_bytes(3, "big") + bytes([count])
    body += b"".join(int(chunks[at:at + 16], 2).to_bytes(2, "big") for at in range(0, len(chunks), 16))
    body += b"".join(d.to_bytes(s, "big", signed=s == 2) for d, s in zip(deltas, symbols, strict=True) if d is not None)
    padding = -len(body) % 4
    body += bytes(padding)
    if padding and padded:
        body = body[:-1] + bytes([padding])
    return bytes([0x80 | (0x20 if padding and padded else 0) | 15, 205]) + struct.pack("!H", len(body) // 4) + body


class PlainRecorder:
    """What the recorder has to report, from full numbers (no 16-bit guessing) in dictionaries."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.ticks: dict[int, int] = {}
        self.reported: set[int] = set()
        self.next: int | None = None

    def note(self, number: int, arrived_us: int) -> None:
        highest = max(self.ticks, default=number)
        if number <= highest - self.window or number in self.ticks:
            return
        self.ticks[number] = arrived_us // 250
        floor = max(self.ticks) - self.window + 1
        self.ticks = {known: tick for known, tick in self.ticks.items() if known >= floor}
        self.next = number if self.next is None else max(self.next, floor)

    def pending(self) -> list[int]:
        return sorted(self.ticks.keys() - self.reported)

    def feedback(self) -> list[tuple[int, int | None]] | None:
        """(number, arrival tick or None) of one feedback packet without a size limit; None when nothing waits."""
        pending = self.pending()
        if not pending or self.next is None:
            return None
        number = min(pending[0], self.next)
        out: list[tuple[int, int | None]] = []
        previous = None
        while number <= pending[-1]:
            if number in pending:
                tick = self.ticks[number]
                if previous is not None and not -32768 <= tick - previous <= 32767:
                    break
                previous = tick
                out.append((number, tick))
            elif number < self.next:
                break
            else:
                out.append((number, None))
            number += 1
        while out[-1][1] is None:
            out.pop()
        self.reported.update(known for known, tick in out if tick is not None)
        self.next = max(self.next, out[-1][0] + 1)
        return out
