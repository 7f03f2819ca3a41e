"""From RTP timestamps to the room's clock: microseconds of the server's monotonic clock at which a packet would have come without queueing.

    room time = capture time by the publisher's sender reports (RFC 3550 section 6.4.1) + the publisher's least delay to us

Audio and video of one publisher share the delay (`Publisher`), so that they keep their relation. Until reports of a track have come, its
own least delay stands in. A pure function of packets. Called by `track`.

Invariants: once settled, time runs without jumps beyond STEP_US while the reports of a publisher are consistent; audio is never moved by
the first report, video is moved to it.
"""


__all__ = ["Publisher", "TrackClock"]

# The least delay of the last 10 to 20 s: long enough to have seen an empty queue, short enough to follow a clock that drifts.
WINDOW_US = 10_000_000
# How fast the mapping follows: 0.5 %, which nobody hears or sees; drift of clocks is below 0.02 %.
SLEW_DIVISOR = 200
# Beyond this something was wrong from the start (a burst of old packets), and is put right at once.
STEP_US = 1_000_000
# Reports of one clock differ by its rounding; by more than this, the clock was set.
REPORT_JUMP_US = 100_000
NTP_OF_PUBLISHER = 1
# A stream may begin with a burst of what waited for it; its least delay shows only behind that. Until then its times are not to be used.
SETTLE_US = 500_000


class Least:
    """The least value of about the last window."""

    __slots__ = ("_former", "_now", "_since_us")

    def __init__(self) -> None:
        self._now: int | None = None
        self._former: int | None = None
        self._since_us = 0

    def put(self, value: int, now_us: int) -> int:
        """Takes a value in; the least by now."""
        if self._now is None:
            self._since_us = now_us
        elif now_us - self._since_us > WINDOW_US:
            self._former, self._now, self._since_us = self._now, None, now_us
        self._now = value if self._now is None else min(self._now, value)
        return self._now if self._former is None else min(self._now, self._former)


class Slewed:
    """A value that follows another one slowly."""

    __slots__ = ("_at_us", "value")

    def __init__(self, value: int, now_us: int) -> None:
        self.value = value
        self._at_us = now_us

    def follow(self, target: int, now_us: int) -> None:
        """Moves towards `target` as far as the time since the last call allows."""
        most = max(0, now_us - self._at_us) // SLEW_DIVISOR
        if most == 0 and abs(target - self.value) <= STEP_US:
            return  # the remainder of the division is not to be lost
        self._at_us = max(self._at_us, now_us)
        away = target - self.value
        self.value = target if abs(away) > STEP_US else self.value + max(-most, min(most, away))


class Publisher:
    """What the tracks of one peer connection share: the least delay between its clock and the room's."""

    __slots__ = ("_delay", "_least")

    def __init__(self) -> None:
        self._delay: Slewed | None = None
        self._least = Least()

    @property
    def delay_us(self) -> int | None:
        """None before the first report."""
        return None if self._delay is None else self._delay.value

    def anchor(self, delay_us: int, now_us: int) -> None:
        """Takes this delay from now on."""
        self._delay, self._least = Slewed(delay_us, now_us), Least()

    def note(self, delay_us: int, now_us: int) -> None:
        """A packet came `delay_us` after its capture."""
        least = self._least.put(delay_us, now_us)
        if self._delay is not None:
            self._delay.follow(least, now_us)


class TrackClock:
    """The clock of one RTP stream; see the module."""

    __slots__ = ("_audio", "_line_us", "_own", "_own_least", "_publisher", "_rate", "_since_us", "_ticks", "_timestamp")

    def __init__(self, publisher: Publisher, clock_rate: int, *, audio: bool) -> None:
        self._publisher = publisher
        self._rate = clock_rate
        self._audio = audio
        self._timestamp = self._ticks = 0
        self._own: Slewed | None = None  # arrival minus ticks, while there is no report
        self._own_least = Least()
        self._since_us = 0
        self._line_us: int | None = None  # the publisher's clock minus ticks

    def _unwrapped(self, timestamp: int) -> int:
        """The 64-bit count of ticks nearest to the newest one."""
        away = (timestamp - self._timestamp) & 0xFFFFFFFF
        return self._ticks + (away - (1 << 32) if away >= 1 << 31 else away)

    def _us(self, ticks: int) -> int:
        return ticks * 1_000_000 // self._rate

    def note(self, timestamp: int, arrived_us: int, ntp: int, report_timestamp: int) -> None:
        """A packet came. `ntp`, `report_timestamp`: of the stream's newest report; 0: none."""
        if self._own is None:
            self._timestamp, self._since_us = timestamp, arrived_us
        ticks = self._unwrapped(timestamp)
        if ticks > self._ticks:
            self._ticks, self._timestamp = ticks, timestamp
        lag_us = arrived_us - self._us(ticks)
        least = self._own_least.put(lag_us, arrived_us)
        if self._own is None:
            self._own = Slewed(lag_us, arrived_us)
        if self.settled(arrived_us):
            self._own.follow(least, arrived_us)
        else:
            self._own = Slewed(least, arrived_us)
        if ntp & NTP_OF_PUBLISHER:
            self._report(ntp, report_timestamp, arrived_us)
        if self._line_us is not None:
            self._publisher.note(arrived_us - self._us(ticks) - self._line_us, arrived_us)

    def _report(self, ntp: int, timestamp: int, now_us: int) -> None:
        line = (ntp * 1_000_000 >> 32) - self._us(self._unwrapped(timestamp))
        former, self._line_us = self._line_us, line
        jumped = former is not None and abs(line - former) > REPORT_JUMP_US
        if former is not None and not jumped:
            return
        # The first report, or the publisher's clock was set. Sound goes on where it was; the picture follows it.
        if self._audio or self._publisher.delay_us is None:
            assert self._own is not None
            shift = self._own.value if former is None else former + (self._publisher.delay_us or 0)
            self._publisher.anchor(shift - line, now_us)

    def settled(self, now_us: int) -> bool:
        """Whether its times can be used."""
        return self._own is not None and now_us - self._since_us >= SETTLE_US

    def room_us(self, timestamp: int) -> int:
        """When a packet with this timestamp happened."""
        ticks_us = self._us(self._unwrapped(timestamp))
        delay_us = self._publisher.delay_us
        if self._line_us is not None and delay_us is not None:
            return ticks_us + self._line_us + delay_us
        return ticks_us + (self._own.value if self._own is not None else 0)


