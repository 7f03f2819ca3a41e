"""What Prometheus sees: figures follow what happens, labels stay few, and the dashboard asks for nothing that there is not."""

import json
import re
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mediaserver.metrics import Metrics
from signalling import metrics as core_metrics
from signalling.app import SignallingCore
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import SYSTEM
from signalling.metrics import SignallingMetrics
from signalling.metrics_census import CENSUS
from tests.signalling.doors import Client
from tests.signalling.people import CUSTOMER, TENANT, bearer

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "grafana" / "tresen.json"
# One counter of a worker of each kind that is exported.
COUNTERS = {
    **dict.fromkeys(("packets_received_rtp", "bytes_sent_rtp", "drop_late", "nack_sent", "pli_sent", "packets_lost"), 1),
    **dict.fromkeys(("packets_recovered", "latency_le_50", "latency_count", "mixer_lag_le_50", "mixer_ticks", "cpu_us"), 1),
    **dict.fromkeys(("playout_samples", "playout_samples_concealed", "transports"), 1),
}
RECORDER = {"packets": 0, "lost": 0, "dropped": 0, "bytes": 0, "restarts": 0, "state_recording": 1, "ended_complete": 1}


async def figures(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = await (await client.get("/metrics")).text()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_figures_follow_the_timeline_the_requests_and_the_database(core: SignallingCore, client: Client) -> None:
    made = await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)
    entries: list[tuple[str, dict[str, Any]]] = [
        ("message.created", {"text": "my own words"}),
        ("queue.left", {"reason": "customer", "waited_s": 12}),
        ("conversation.assigned", {"rep_id": "rep_1", "waited_s": 40}),
        ("call.ended", {"reason": "customer_cancelled"}),
        ("call.ended", {"reason": "Words of a person's own!"}),
        ("cart.updated", {}),
        ("order.placed", {}),
        ("payment.failed", {}),
        ("queue.left", {}),
    ]
    for kind, data in entries:
        await core.store.write(timeline.append, TENANT, made.id, kind, CUSTOMER.actor if kind == "message.created" else SYSTEM, data)
    assert (await client.get(f"/v1/conversations/{made.id}", headers=bearer(core, CUSTOMER))).status == 200
    assert (await client.get(f"/v1/conversations/{made.id}", headers={"Authorization": "Bearer x.y.z"})).status == 401
    await core.services.metrics.census()
    now = await figures(client)
    expected = {
        ("tresen_messages_total", (("author", "customer"),)): 1,
        ("tresen_queue_left_total", (("outcome", "customer"),)): 1,
        ("tresen_queue_wait_seconds_sum", (("outcome", "assigned"),)): 40,
        ("tresen_calls_ended_total", (("reason", "customer_cancelled"),)): 1,
        ("tresen_calls_ended_total", (("reason", "other"),)): 1,
        ("tresen_cart_operations_total", (("result", "applied"),)): 1,
        ("tresen_orders_placed_total", ()): 1,
        ("tresen_payments_total", (("result", "failed"),)): 1,
        ("tresen_entries_unread_total", (("kind", "queue.left"),)): 1,
        ("tresen_requests_total", (("door", "rest"), ("operation", "conversation.read"), ("status", "200"))): 1,
        ("tresen_requests_total", (("door", "rest"), ("operation", "conversation.read"), ("status", "401"))): 1,
        ("tresen_tokens_refused_total", (("code", "token_malformed"),)): 1,
        ("tresen_conversations_open", (("channel", "chat"),)): 1,
        ("tresen_conversations_open", (("channel", "video"),)): 0,
        ("tresen_database_up", ()): 1,
        ("tresen_sockets_open", ()): 0,
    }
    assert {key: now.get(key) for key in expected} == expected
    assert now["tresen_store_duration_seconds_count", (("kind", "write"),)] >= len(entries)


async def test_no_label_names_anybody(core: SignallingCore, client: Client) -> None:
    made = await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)
    await client.get(f"/v1/conversations/{made.id}", headers=bearer(core, CUSTOMER))
    await client.get(f"/v1/nothing/{made.id}", headers=bearer(core, CUSTOMER))
    values = {value for _, labels in await figures(client) for name, value in labels if name != "le"}
    assert [value for value in values if re.search(r"[0-9A-Z]{26}|/|@", value)] == []


def test_reasons_stop_making_series_of_their_own() -> None:
    made = SignallingMetrics(None, None, None)  # type: ignore[arg-type]  # counts, and asks nobody
    words = {made._word(f"reason_{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(500)}
    assert len(words) == core_metrics.WORDS_MOST + 1 and "other" in words


def test_names_follow_prometheus_rules() -> None:
    names = [name for name, *_ in core_metrics.COUNTERS] + [name for name, *_ in core_metrics.HISTOGRAMS] + [each.name for each in CENSUS]
    assert len(set(names)) == len(names)
    assert [name for name in names if re.search(r"_(ms|us|millis|minutes|total|count|kb)$", name)] == []


def exported() -> set[str]:
    """Every sample's name that either half can show."""
    registry = CollectorRegistry()
    core = SignallingMetrics(None, None, None)  # type: ignore[arg-type]  # counts, and asks nobody
    core.gauge("sockets_open", "Sockets", lambda: 0.0)
    core.expose(registry)
    media = Metrics(counters=lambda: [COUNTERS], rooms=lambda: 0, participants=lambda: 0, recorder=lambda: RECORDER)
    found = set()
    for text in (generate_latest(registry), generate_latest(media.registry)):
        for family, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text.decode(), re.MULTILINE):
            endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
            found |= {family + ending for ending in endings}
    return found


def test_the_dashboard_asks_only_for_what_there_is() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len(panels) > 20 and len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    asked = {name for panel in panels for target in panel["targets"] for name in re.findall(r"tresen_\w+", target["expr"])}
    assert asked - exported() == set()


def test_both_halves_share_one_registry_without_a_clash() -> None:
    media = Metrics(counters=lambda: [COUNTERS])
    core = SignallingMetrics(None, None, None)  # type: ignore[arg-type]  # counts, and asks nobody
    core.expose(media.registry)
    body, _ = media.render("application/openmetrics-text")
    families = re.findall(r"^# TYPE (\S+)", body.decode(), re.MULTILINE)
    assert len(families) == len(set(families)) and {"tresen_workers", "tresen_requests"} <= set(families)
