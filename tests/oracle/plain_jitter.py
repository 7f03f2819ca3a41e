"""The jitter buffer's decisions in plain Python: lists, dictionaries and whole numbers, written for being read, not for speed.

The native one must choose the same delay and do the same at every call. Times in microseconds, sound in samples at 48 kHz.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

BINS, BIN_US, RECENT = 256, 5000, 64
COST_PER_MS, COST_PER_MS_LONG, LONG_MS, COST_CONCEALED, COST_FEC, OVERTAKEN_PERCENT = 24, 100, 80, 700_000, 200_000, 60
MEMORY_US, LOSS_MEMORY_US = 20_000_000, 8_000_000
WINDOW_US, WINDOW_PACKETS, STEP_US = 400_000, 6, 12_000
PRIOR_US, PRIOR_FADE_US = 40_000, 2_000_000

SILENCE, DECODE, RESTORE, CONCEAL, STALL, SLEEP = range(6)
NEXT, AFTER_STALL, ANEW = range(3)
IDLE, PLAYING, ASLEEP = range(3)


def media_us(samples: int) -> int:
    return samples * 125 // 6


@dataclass
class Arrival:
    transit_us: int
    arrival_us: int
    weight: int


@dataclass
class Delay:
    """A histogram as a dictionary of bins that may have any number; it is cut to BINS where the native one's array ends."""

    min_us: int = 0
    max_us: int = 1_000_000
    weights: list[int] = field(default_factory=lambda: [0] * BINS)
    recent: list[Arrival] = field(default_factory=list)
    reference_us: int = 0
    unit: int = 0
    loss_q16: int = 0
    packet_us: int = 20_000
    repair_us: int = 0
    first_us: int | None = None
    newest_ts: int = 0
    step_ts: int = 0
    base_bin: int = 0
    target_bin_us: int = 0

    def bin(self, transit_us: int) -> int:
        return min(max((transit_us - self.reference_us) // BIN_US, 0), BINS - 1)

    def add(self, transit_us: int, weight: int) -> None:
        if transit_us < self.reference_us:
            below = (self.reference_us - transit_us) // BIN_US + 9
            moved = [0] * BINS
            for index, old in enumerate(self.weights):
                moved[min(index + below, BINS - 1)] += old
            self.weights = moved
            self.reference_us -= below * BIN_US
        self.weights[self.bin(transit_us)] += weight

    def quantile(self, below: int) -> int:
        """The first bin with more than that in or under it."""
        return min(bisect_right(list(accumulate(self.weights)), below), BINS - 1)

    def window(self) -> list[Arrival]:
        """The latest arrivals that span WINDOW_US both as they were sent and as they came; none if they do not."""
        newest = self.recent[-1]
        for count in range(WINDOW_PACKETS, len(self.recent) + 1):
            oldest = self.recent[-count]
            came = newest.arrival_us - oldest.arrival_us
            if came >= WINDOW_US and came - newest.transit_us + oldest.transit_us >= WINDOW_US:
                return self.recent[-count:]
        return []

    def take_step(self, window: list[Arrival], by_us: int) -> None:
        for one in window:
            at = self.bin(one.transit_us)
            self.weights[at] -= min(one.weight, self.weights[at])
        self.reference_us += by_us
        for one in window:
            self.add(one.transit_us, one.weight)
        self.recent = window
        self.step_ts = (window[0].arrival_us - window[0].transit_us) * 6 // 125

    def quantile_us(self, below: int) -> int:
        return self.reference_us + self.quantile(below) * BIN_US

    def watch_step(self) -> None:
        window = self.window()
        weight, total = sum(one.weight for one in window), sum(self.weights)
        if not window or total <= weight:
            return
        least, most = min(one.transit_us for one in window), max(one.transit_us for one in window)
        before = total - weight
        usual_us = self.quantile_us(weight + before // 24)
        slowest_us, middle_us = max(one.transit_us for one in self.recent), self.quantile_us(total // 2)
        if least > self.quantile_us(before // 2) + STEP_US:
            self.take_step(window, least - self.quantile_us(before // 24))
        elif most < usual_us - STEP_US:
            self.take_step(window, least - usual_us)
        elif len(self.recent) == RECENT and slowest_us < middle_us - STEP_US:
            self.take_step(window, slowest_us - middle_us)

    def choose(self) -> None:
        total = sum(self.weights)
        self.base_bin = self.quantile(total // 24)
        apart = -(-self.packet_us // BIN_US)
        fec_gain = (COST_CONCEALED - COST_FEC) * self.loss_q16 >> 16
        here = list(accumulate(self.weights))
        costs = []
        for index in range(self.base_bin, BINS):
            late = total - here[index]
            later_late = total - (here[index - apart] if index >= apart else 0)
            wait_ms = (index + 1 - self.base_bin) * BIN_US // 1000
            waiting = COST_PER_MS * wait_ms + COST_PER_MS_LONG * max(wait_ms - LONG_MS, 0)
            costs.append(waiting * total + COST_CONCEALED * late + fec_gain * later_late)
        self.target_bin_us = (self.base_bin + costs.index(min(costs)) + 1) * BIN_US

    def note(self, ts: int, samples: int, now_us: int) -> None:
        transit_us = now_us - media_us(ts)
        if self.first_us is None:
            self.first_us, self.unit = now_us, 16384
            self.reference_us = transit_us - 16 * BIN_US
            self.newest_ts, self.step_ts = ts - 1, ts - 48000
        if ts < self.step_ts:
            return
        self.packet_us = media_us(samples)
        if self.unit >= 1 << 24:
            self.weights = [weight >> 10 for weight in self.weights]
            for one in self.recent:
                one.weight >>= 10
            self.unit >>= 10
        self.add(transit_us, self.unit * OVERTAKEN_PERCENT // 100 if ts <= self.newest_ts else self.unit)
        if ts > self.newest_ts:
            self.newest_ts = ts
            self.recent = [*self.recent, Arrival(transit_us, now_us, self.unit)][-RECENT:]
            self.watch_step()
        self.unit += self.unit * self.packet_us // MEMORY_US
        self.choose()

    def turn(self, missing: bool, samples: int) -> None:
        share = samples * 65536 * 125 // 6 // LOSS_MEMORY_US
        self.loss_q16 += ((65536 if missing else 0) - self.loss_q16) * share >> 16

    def expect_repair(self) -> None:
        if self.repair_us > 0 and self.first_us is not None:
            self.add(self.base_us() + self.packet_us + self.repair_us, self.unit * OVERTAKEN_PERCENT // 100)
            self.choose()

    def base_us(self) -> int:
        return self.reference_us + self.base_bin * BIN_US

    def target_us(self, now_us: int) -> int:
        age_us = now_us - (self.first_us or 0)
        prior_us = PRIOR_US * (PRIOR_FADE_US - age_us) // PRIOR_FADE_US if 0 <= age_us < PRIOR_FADE_US else 0
        held_us = max(self.reference_us + self.target_bin_us - self.base_us(), self.min_us, prior_us)
        return self.base_us() + min(held_us, self.max_us)


@dataclass
class Packet:
    ts: int
    seq: int
    payload: bytes
    samples: int
    frame_samples: int
    redundant: bool


@dataclass
class Buffer:
    """One stream; packets by timestamp, numbers unwrapped by the test that makes them (this one sees neither wraps nor other streams)."""

    delay: Delay = field(default_factory=Delay)
    packets: dict[int, Packet] = field(default_factory=dict)
    state: int = IDLE
    stalled: int = 0
    next_ts: int = 0
    played: set[int] = field(default_factory=set)
    scaling: int = 0
    scaled_us: int = 0
    late: int = 0
    duplicate: int = 0

    def put(self, packet: Packet, now_us: int) -> int:
        if packet.ts < self.next_ts:
            if not packet.redundant:
                if packet.seq in self.played and max(self.played) - packet.seq < 64:
                    self.duplicate += 1
                else:
                    self.late += 1
                    if not self.delay.repair_us:
                        self.delay.note(packet.ts, packet.samples, now_us)
            return -1
        here = self.packets.get(packet.ts)
        if here is not None and (packet.redundant or not here.redundant):
            self.duplicate += not packet.redundant
            return -1
        self.packets[packet.ts] = packet
        if not packet.redundant:
            self.delay.note(packet.ts, packet.samples, now_us)
        return 0

    def turn_us(self, now_us: int, pending: int, pull: int) -> int:
        return now_us - media_us(self.next_ts - pending + pending % pull)

    def drop_old(self, count_late: bool = True) -> None:
        gone = [packet for packet in self.packets.values() if packet.ts + packet.samples <= self.next_ts]
        for packet in gone:
            del self.packets[packet.ts]
            self.late += count_late and not packet.redundant

    def drop_excess(self, excess_us: int) -> bool:
        if not self.packets:
            return False
        last = self.packets[max(self.packets)]
        span = last.ts + last.samples - self.next_ts
        if excess_us < 1_500_000 or media_us(span) < 1_500_000:
            return False
        self.next_ts += min(excess_us * 6 // 125, span - 480)
        self.drop_old(count_late=False)
        return True

    def take(self, packet: Packet, join: int) -> tuple[int, int, int, bytes]:
        del self.packets[packet.ts]
        self.next_ts, self.stalled, self.state = packet.ts + packet.samples, 0, PLAYING
        if not packet.redundant:
            self.played.add(packet.seq)
        self.delay.turn(packet.redundant, packet.samples)
        return DECODE, join, packet.samples, packet.payload

    def miss(self, samples: int) -> None:
        self.delay.turn(True, samples)
        self.delay.expect_repair()

    def next(self, now_us: int, pending: int = 0, pull: int = 480) -> tuple[int, int, int, bytes | None]:
        target_us = self.delay.target_us(now_us)
        join = AFTER_STALL if self.stalled else NEXT
        self.drop_old()
        if self.state == IDLE:
            if not self.packets or now_us - media_us(min(self.packets) - pending) < target_us:
                return SILENCE, NEXT, 480, None
            self.next_ts, join = min(self.packets), ANEW
        elif self.drop_excess(self.turn_us(now_us, pending, pull) - target_us):
            join = ANEW
        if not self.packets:
            return self.wait()
        first = self.packets[min(self.packets)]
        gap = first.ts - self.next_ts
        follows = not first.redundant and first.seq == max(self.played, default=-1) + 1
        if gap > 0 and (self.state == ASLEEP or follows):
            if now_us - media_us(first.ts - pending) >= target_us:
                return self.take(first, ANEW)
            self.state = ASLEEP
            return SLEEP, NEXT, 480, None
        slow = self.turn_us(now_us, pending, pull) > target_us - media_us(240)
        if gap > 0 and self.stalled and (gap > first.frame_samples or slow):
            bridged, self.stalled, join = self.stalled, 0, NEXT
            self.miss(min(bridged, gap))
            if bridged < gap:
                self.next_ts += bridged
            elif bridged > gap:
                join = ANEW
            gap = max(gap - bridged, 0)
        if gap <= 0:
            return self.take(first, join)
        self.stalled = 0
        if gap <= first.frame_samples:
            self.next_ts += gap
            self.miss(gap)
            return RESTORE, join, gap, first.payload
        lost = gap - first.frame_samples
        lost = min(lost, first.frame_samples or lost, 960)
        self.next_ts += lost
        self.miss(lost)
        return CONCEAL, join, lost, None

    def wait(self) -> tuple[int, int, int, bytes | None]:
        if self.state == ASLEEP:
            return SLEEP, NEXT, 480, None
        if self.stalled >= 96000:
            self.state, self.stalled = IDLE, 0
            return SILENCE, NEXT, 480, None
        self.stalled += 480
        return STALL, NEXT, 480, None

    def scale(self, now_us: int, pending: int, pull: int, quiet: int) -> int:
        if self.state != PLAYING:
            return 0
        target_us = self.delay.target_us(now_us)
        surplus_us = now_us - media_us(self.next_ts - pending + pull) - target_us
        lack_us = target_us - self.turn_us(now_us, pending, pull)
        share_us = (target_us - self.delay.base_us()) // 6
        over_us = {0: max(60_000, 6000 + share_us), 1: 30_000 + share_us, 2: 6000 + share_us}[quiet]
        under_us = 4000 if quiet else 15_000
        if self.scaling > 0:
            over_us = 2500 if quiet else over_us // 2
        elif self.scaling < 0:
            under_us = 0
        self.scaling = 1 if surplus_us > over_us else -1 if lack_us > under_us else 0
        if not self.scaling or (not quiet and surplus_us < 120_000 and now_us - self.scaled_us < 60_000):
            return 0
        return self.scaling * (min(surplus_us if self.scaling > 0 else lack_us, 1_000_000) * 6 // 125)
