"""What Prometheus sees of the signalling core: on the media server's `/metrics`, or on its own where there is no media server.

Most figures are read off the timeline as its entries pass by on the bus, so no part has to count what it writes there anyway; what is not
on a timeline is counted by whoever knows it (`count`, or `bus.publish(metrics.TOPIC, Count(...))`); states are counted in the database now
and then (`metrics_census`). Prometheus' naming rules: base units, totals, and labels whose values are few and known: never an id, a name or
a tenant, so that the number of series does not grow with use.

Invariant: a figure never fails what it measures; an entry that it cannot read is counted as such.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mediaserver.errors import Unavailable
from signalling.bus import EVERYTHING, Bus
from signalling.config import Settings
from signalling.conversation.timeline import Entry
from signalling.metrics_census import CENSUS, census
from signalling.store import Store

log = logging.getLogger(__name__)

# Where parts publish `Count`s that hold no reference to the metrics.
TOPIC = "metrics"
# A scrape is every 15 s as a rule; the counts are a scan each.
CENSUS_EVERY_S = 15.0

REQUEST_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STORE_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
# From "at once" to the patience of somebody who leaves the tab open.
WAIT_BUCKETS_S = (1, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
LAG_BUCKETS_S = (0.1, 0.5, 1, 5, 30, 60, 300, 1800, 7200, 36000, 270000)

# name, help, labels. Names without `tresen_` and `_total`.
COUNTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("requests", "Requests answered, by operation", ("door", "operation", "status")),
    ("sessions_started", "Sessions that were begun, by operation", ("operation",)),
    ("rate_limited", "Requests refused because their caller sent too many", ("limit",)),
    ("tokens_refused", "Tokens that did not verify", ("code",)),
    ("timeline_entries", "Entries of all timelines", ("kind",)),
    ("messages", "Chat messages, by who wrote them", ("author",)),
    ("queue_left", "Ends of waiting in the queue, by how", ("outcome",)),
    ("calls_ended", "Calls that ended, by why", ("reason",)),
    ("cart_operations", "Operations on carts, by what came of them", ("result",)),
    ("orders_placed", "Orders placed", ()),
    ("payments", "Payment links and what came of them", ("result",)),
    ("inbound_webhooks", "Webhooks of providers and shops that came in, by what came of them", ("source", "result")),
    ("webhook_attempts", "Attempts to deliver a webhook, by outcome", ("outcome",)),
    ("mails", "Attempts to send a mail, by outcome", ("outcome",)),
    ("sockets_closed", "Client sockets that the server closed, by close code", ("code",)),
    ("entries_unread", "Entries whose figures could not be read", ("kind",)),
)
HISTOGRAMS: tuple[tuple[str, str, tuple[str, ...], tuple[float, ...]], ...] = (
    ("request_duration_seconds", "From a request's arrival to its answer", ("door", "operation"), REQUEST_BUCKETS_S),
    ("store_duration_seconds", "Units of work, from their being asked for to their commit", ("kind",), STORE_BUCKETS_S),
    ("store_group_size", "Units of work that one commit held", (), GROUP_BUCKETS),
    ("queue_wait_seconds", "Time in the queue until it ended", ("outcome",), WAIT_BUCKETS_S),
    ("webhook_lag_seconds", "From an entry to its webhook's delivery", (), LAG_BUCKETS_S),
)
# A reason or outcome is a label, whichever word a part has for it; beyond so many words they are all "other".
WORDS_MOST = 64
WORD = re.compile(r"[a-z][a-z_]{0,31}")
PAYMENT_KINDS = {"payment.link_created": "link_created", "payment.succeeded": "succeeded", "payment.failed": "failed"}


@dataclass(frozen=True, slots=True)
class Count:
    """Something to count (or, with a name of HISTOGRAMS, to observe), published on `TOPIC`."""

    name: str
    value: float = 1.0
    labels: Mapping[str, str] = field(default_factory=dict)


class SignallingMetrics:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.registry = CollectorRegistry()
        self._counters = {name: Counter(f"tresen_{name}", text, labels, registry=self.registry) for name, text, labels in COUNTERS}
        self._histograms = {
            name: Histogram(f"tresen_{name}", text, labels, buckets=buckets, registry=self.registry)
            for name, text, labels, buckets in HISTOGRAMS
        }
        self._gauges = {each.name: Gauge(f"tresen_{each.name}", each.help, each.labels, registry=self.registry) for each in CENSUS}
        self._database_up = Gauge("tresen_database_up", "Whether the last count of the database succeeded", registry=self.registry)
        self._words: set[str] = set()
        self._cancel: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        """Adds to a counter of COUNTERS."""
        (self._counters[name].labels(**labels) if labels else self._counters[name]).inc(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """One value of a histogram of HISTOGRAMS, in seconds or pieces as its name says."""
        (self._histograms[name].labels(**labels) if labels else self._histograms[name]).observe(value)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge that is asked at each scrape: how many of something a part holds."""
        Gauge(f"tresen_{name}", text, registry=self.registry).set_function(read)

    def request(self, door: str, operation: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self.count("requests", door=door, operation=operation, status=str(status))
        self.observe("request_duration_seconds", seconds, door=door, operation=operation)

    def rate_limited(self, limit: str) -> None:
        """A request was refused for its rate."""
        self.count("rate_limited", limit=limit)

    def token_refused(self, code: str) -> None:
        """A token did not verify; `code` is the refusal's."""
        self.count("tokens_refused", code=code)

    def delivered(self, target: str, outcome: str, lag_s: float) -> None:
        """An attempt to deliver a row of the outbox ended; see `delivery.Observer`."""
        if target == "webhook":
            self.count("webhook_attempts", outcome=outcome)
            self.observe("webhook_lag_seconds", lag_s)
        else:
            self.count("mails", outcome=outcome)

    def expose(self, registry: CollectorRegistry) -> None:
        """Shows all of this on another registry too, such as the media server's, so that there is one `/metrics`."""
        registry.register(_Through(self.registry))

    async def census(self) -> None:
        """Counts the database's states once."""
        try:
            found = await self.store.read(census)
        except Unavailable:
            self._database_up.set(0)
            return
        self._database_up.set(1)
        for name, values in found.items():
            gauge = self._gauges[name]
            for labels, value in values.items():
                (gauge.labels(*labels) if labels else gauge).set(value)

    async def start(self) -> None:
        """Begins."""
        kinds = {kind: self._histograms["store_duration_seconds"].labels(kind) for kind in ("read", "write")}
        self.store.observe(lambda kind, seconds: kinds[kind].observe(seconds), self._histograms["store_group_size"].observe)
        self._cancel = [self.bus.subscribe(EVERYTHING, self._entry), self.bus.subscribe(TOPIC, self._counted)]
        self._task = asyncio.create_task(self._census_again_and_again(), name="metrics-census")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        for cancel in self._cancel:
            cancel()
        self._cancel = []
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _counted(self, _: str, message: Any) -> None:
        if isinstance(message, Count) and message.name in self._counters:
            self.count(message.name, message.value, **message.labels)
        elif isinstance(message, Count) and message.name in self._histograms:
            self.observe(message.name, message.value, **message.labels)

    def _entry(self, _: str, entry: Any) -> None:
        if not isinstance(entry, Entry):
            return
        self.count("timeline_entries", kind=entry.kind)
        try:
            self._read(entry)
        except (KeyError, TypeError, ValueError):
            self.count("entries_unread", kind=entry.kind)

    def _read(self, entry: Entry) -> None:
        data = entry.data
        match entry.kind:
            case "message.created":
                self.count("messages", author=entry.actor.kind)
            case "queue.left":
                self._waited(self._word(data.get("reason")), data["waited_s"])
            case "conversation.assigned" | "conversation.transferred" if data.get("waited_s") is not None:
                self._waited("assigned", data["waited_s"])
            case "call.ended":
                self.count("calls_ended", reason=self._word(data.get("reason")))
            case "cart.updated":
                self.count("cart_operations", result="applied")
            case "cart.conflict":
                self.count("cart_operations", result="conflict")
            case "order.placed":
                self.count("orders_placed")
            case kind if kind in PAYMENT_KINDS:
                self.count("payments", result=PAYMENT_KINDS[kind])

    def _word(self, value: object) -> str:
        """A reason as a label."""
        if not isinstance(value, str) or not WORD.fullmatch(value):
            return "other"
        if value not in self._words:
            if len(self._words) >= WORDS_MOST:
                return "other"
            self._words.add(value)
        return value

    def _waited(self, outcome: str, seconds: float) -> None:
        self.count("queue_left", outcome=outcome)
        self.observe("queue_wait_seconds", float(seconds), outcome=outcome)

    async def _census_again_and_again(self) -> None:
        while True:
            await self.census()
            await asyncio.sleep(CENSUS_EVERY_S)


class _Through(Collector):
    """One registry's metrics within another."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def describe(self) -> Iterable[Metric]:
        return self._registry.collect()

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()
