"""The REST door: whatever is sent, the answer is one that the documentation names; a key's request is done once."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from signalling.api import idempotency
from signalling.api.limits import Limiter, Rate
from signalling.app import SignallingCore
from signalling.store.tables.conversation import conversations
from signalling.store.tables.idempotency import idempotency_keys
from tests.signalling.doors import Bench, Client, opened
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, bearer

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def door(core: SignallingCore, bench: Bench) -> AsyncIterator[Client]:
    async with opened(core, bench) as client:
        yield client


async def count(core: SignallingCore) -> int:
    return int(await core.store.read(lambda tx: tx.execute(select(func.count()).select_from(conversations)).scalar_one()))


BODIES = [
    (b"", 415, "unsupported_media_type"),
    (b"{", 400, "not_json"),
    (b"\xff\xfe{}", 400, "not_utf8"),
    (b'{"name": "a", "name": "b"}', 400, "not_json"),
    (b'{"name": "a", "count": NaN}', 400, "not_json"),
    (b"[" * 5000, 400, "too_deep"),
    (b'{"name": "a", "anything": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep"),
    (b'{"name": "a\\u0000"}', 422, "control_character"),
    (b'{"name": "a\\n"}', 422, "invalid"),
    (b'{"name": "a", "text": "\\u001b[0m"}', 422, "control_character"),
    (b'{"name": "a", "anything": {"deep": ["\\ud800"]}}', 422, "control_character"),
    (b'{"name": "a", "anything": {"\\u0000": 1}}', 422, "control_character"),
    (b'{"name": "a", "anything": 1e999}', 422, "number_out_of_range"),
    (b'{"name": "a", "anything": 9223372036854775808}', 422, "number_out_of_range"),
    (b'{"name": "a", "count": 9223372036854775808}', 422, "number_out_of_range"),
    (b'{"name": "a", "count": "1"}', 422, "invalid"),
    (b'{"name": "a", "count": true}', 422, "invalid"),
    (b'{"name": "a", "other": 1}', 422, "invalid"),
    (b'{"name": "' + b"a" * 70_000 + b'"}', 413, "too_large"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_taken_is_refused_with_its_reason(core: SignallingCore, door: Client) -> None:
    for body, status, code in BODIES:
        headers = {**bearer(core, CUSTOMER), **(JSON if body else {})}
        answer = await door.post("/v1/things", data=body, headers=headers)
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["code"]) == (status, code), body[:60]
    assert await count(core) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_text_with_line_ends_and_any_language_is_taken(core: SignallingCore, door: Client) -> None:
    text = "Olá\r\n\t👋🏽 ‮ 你好"
    answer = await door.post("/v1/things", json={"name": "Zoë", "text": text, "count": -(2**63)}, headers=bearer(core, CUSTOMER))
    assert answer.status == 201 and (await answer.json())["text"] == text
    assert answer.headers["ETag"] == '"7"'


QUERIES = [
    ("", 200),
    ("limit=5&open=true&kinds=a&kinds=b&q=%C3%A9", 200),
    ("limit=0", 422),
    ("limit=1.0", 422),
    ("limit=+1", 422),
    ("limit= 1", 422),
    ("limit=1&limit=2", 400),
    ("open=yes", 422),
    ("kinds=a&kinds=b&kinds=c&kinds=d", 422),
    ("q=%FF", 400),
    ("q=%00", 422),
    ("other=1", 422),
    ("&".join(f"a{n}=1" for n in range(100)), 400),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_queries_are_read_by_their_description(door: Client) -> None:
    from yarl import URL

    for query, status in QUERIES:
        answer = await door.get(URL(f"/v1/things?{query}".replace(" ", "%20"), encoded=True))
        assert answer.status == status, query
    answer = await door.get("/v1/things?limit=5&open=true&kinds=a&kinds=b")
    assert await answer.json() == {"limit": 5, "open": True, "kinds": ["a", "b"], "q": ""}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_versions_are_asked_for_as_rfc_9110_says_and_without_quotes(core: SignallingCore, door: Client) -> None:
    path = "/v1/things/conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
    cases = {None: 428, "*": 428, '"7"': 200, 'W/"7"': 412, '"other"': 412, "7": 200, '"7", "8"': 400, "": 400}
    for header, status in cases.items():
        headers = bearer(core, CUSTOMER) | ({"If-Match": header} if header is not None else {})
        answer = await door.put(path, json={"name": "a"}, headers=headers)
        assert answer.status == status, header
    assert (await door.put("/v1/things/nonsense", json={"name": "a"}, headers=bearer(core, CUSTOMER))).status == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_paths_methods_and_types_that_there_are_not(door: Client) -> None:
    missing = await door.get("/v1/nothing")
    assert missing.status == 404 and missing.content_type == "application/problem+json"
    wrong = await door.delete("/v1/things")
    assert wrong.status == 405 and wrong.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    options = await door.options("/v1/things")
    assert options.status == 204 and options.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    head = await door.head("/v1/things?limit=3")
    assert head.status == 200 and await head.read() == b""
    assert (await door.post("/v1/raw", data=b"a,b", headers={"Content-Type": "text/csv"})).status == 200
    assert (await door.post("/v1/raw", data=b"a,b", headers=JSON)).status == 415
    assert (await door.post("/v1/raw", data=b"a" * 101, headers={"Content-Type": "text/csv"})).status == 413


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_fault_of_ours_is_logged_once_without_values(door: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await door.get("/v1/failing", headers={"X-Request-Id": "asked-1"})
    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 500 and answer.headers["X-Request-Id"] == problem["request_id"] == "asked-1"
    assert "something secret" not in json.dumps(problem) + caplog.text
    assert caplog.text.count("operation=thing.fail") == 1 and "RuntimeError" in caplog.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_answer_has_the_security_headers(door: Client) -> None:
    for path in ("/v1/things", "/v1/nothing", "/v1/failing"):
        headers = (await door.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'") and headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Request-Id"] and "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_foreign_page_reads_nothing_and_changes_nothing(core: SignallingCore, door: Client, bench: Bench) -> None:
    foreign = {"Origin": "https://evil.example"}
    refused = await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, CUSTOMER) | foreign)
    assert refused.status == 403 and bench.calls == 0
    preflight = await door.options("/v1/things", headers=foreign | {"Access-Control-Request-Method": "POST"})
    assert preflight.status == 403
    read = await door.get("/v1/things", headers=foreign)
    assert read.status == 200
    for answer in (refused, preflight, read):
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]
    own = {"Origin": str(door.make_url("")).rstrip("/")}
    allowed = await door.options("/v1/things", headers=own | {"Access-Control-Request-Method": "POST"})
    assert allowed.status == 204 and allowed.headers["Access-Control-Allow-Origin"] == own["Origin"]
    assert "Idempotency-Key" in allowed.headers["Access-Control-Allow-Headers"]
    assert (await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, CUSTOMER) | own)).status == 201


async def test_a_key_is_answered_once_and_replayed(core: SignallingCore, door: Client, bench: Bench) -> None:
    headers = bearer(core, CUSTOMER) | {"Idempotency-Key": "k-1"} | JSON
    first = await door.post("/v1/things", data=b'{"name": "a", "text": "x"}', headers=headers)
    again = await door.post("/v1/things", data=b'{"text":"x",  "name":"a"}', headers=headers)
    assert (first.status, again.status) == (201, 201) and await first.read() == await again.read()
    assert "Idempotency-Replayed" not in first.headers and again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"] and await count(core) == 1
    other = await door.post("/v1/things", data=b'{"name": "b"}', headers=headers)
    assert other.status == 422 and (await other.json(content_type=None))["code"] == "idempotency_key_reused"
    theirs = await door.post("/v1/things", data=b'{"name": "b"}', headers=headers | bearer(core, OTHER_CUSTOMER))
    assert theirs.status == 201 and await count(core) == 2
    for bad in ("", "x" * 256, "é"):
        assert (await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, CUSTOMER) | {"Idempotency-Key": bad})).status == 400


async def test_while_a_key_is_being_answered_it_conflicts(core: SignallingCore, door: Client, bench: Bench) -> None:
    bench.gate = asyncio.Event()
    headers = bearer(core, CUSTOMER) | {"Idempotency-Key": "k-1"}
    first = asyncio.create_task(door.post("/v1/things", json={"name": "a"}, headers=headers))
    await asyncio.wait_for(bench.begun.wait(), 30)
    second = await door.post("/v1/things", json={"name": "a"}, headers=headers)
    assert second.status == 409 and (await second.json(content_type=None))["code"] == "idempotency_in_flight"
    bench.gate.set()
    assert (await first).status == 201 and await count(core) == 1 and not len(core.services.doors.in_flight)


async def test_of_two_nodes_one_makes_it_and_the_other_replays(core: SignallingCore, door: Client, bench: Bench) -> None:
    """Another node does not know what is in flight here; the row in the database makes it wait."""
    claim = idempotency.Claim(CUSTOMER.tenant_id, CUSTOMER.id, "thing.make", "k", "f")
    made: list[int] = []

    async def node(number: int) -> int:
        def work(tx: object) -> int:
            made.append(number)
            return number

        try:
            return await core.store.write(idempotency.keep, claim, work, lambda value: (201, str(value).encode()))
        except idempotency.Replayed as answer:
            return int(answer.body)

    answers = await asyncio.gather(*(node(n) for n in range(5)))
    assert len(set(answers)) == 1 and set(made) == set(answers)  # a work may run again; what counts is what was kept


async def test_a_refusal_is_not_kept(core: SignallingCore, door: Client, bench: Bench) -> None:
    headers = bearer(core, CUSTOMER) | {"Idempotency-Key": "k-1"}
    bench.refuse = True
    assert (await door.post("/v1/things", json={"name": "a"}, headers=headers)).status == 409
    bench.refuse = False
    assert (await door.post("/v1/things", json={"name": "a"}, headers=headers)).status == 201
    assert bench.calls == 2


async def test_kept_answers_are_sealed_and_forgotten_after_a_day(core: SignallingCore, door: Client) -> None:
    headers = bearer(core, CUSTOMER) | {"Idempotency-Key": "k-1"}
    assert (await door.post("/v1/things", json={"name": "a", "text": "my secret"}, headers=headers)).status == 201
    rows = await core.store.read(lambda tx: tx.all(select(idempotency_keys.c.answer)))
    assert len(rows) == 1 and b"secret" not in rows[0].answer
    assert await core.services.doors.clean() == 0
    await core.store.write(lambda tx: tx.execute(update(idempotency_keys).values(created_at_us=tx.now_us - idempotency.KEPT_US)))
    renewed = await door.post("/v1/things", json={"name": "b"}, headers=headers)
    assert renewed.status == 201 and await count(core) == 2
    await core.store.write(lambda tx: tx.execute(update(idempotency_keys).values(created_at_us=tx.now_us - idempotency.KEPT_US)))
    assert await core.services.doors.clean() == 1
    assert await core.store.read(lambda tx: tx.all(select(idempotency_keys.c.key))) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_beyond_the_rate_there_is_a_time_to_come_back(core: SignallingCore, door: Client) -> None:
    limiter = core.services.doors.limiter
    limiter.rates = {**limiter.rates, "write": Rate(2)}
    statuses = []
    for _ in range(3):
        answer = await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, CUSTOMER))
        statuses.append(answer.status)
    assert statuses == [201, 201, 429] and 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, OTHER_CUSTOMER))).status == 201
    other_session = replace(CUSTOMER, session_id="ses_new")
    assert (await door.post("/v1/things", json={"name": "a"}, headers=bearer(core, other_session))).status == 429


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whoever_guesses_tokens_must_wait(core: SignallingCore, door: Client) -> None:
    limiter = core.services.doors.limiter
    limiter.rates = {**limiter.rates, "refused": Rate(3)}
    statuses = [(await door.post("/v1/things", json={}, headers={"Authorization": f"Bearer guess{n}"})).status for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_a_bucket_fills_steadily_and_forgets_the_oldest() -> None:
    limiter = Limiter({"read": Rate(60)}, most=3)
    verdicts = [limiter.take("read", "a", 0.0) for _ in range(61)]
    assert [verdict.remaining for verdict in verdicts if verdict][:60] == list(range(59, -1, -1))
    last = verdicts[-1]
    assert last is not None and last.retry_after_s == pytest.approx(1.0) and last.headers["RateLimit-Reset"] == "60"
    later = limiter.take("read", "a", 1.0)
    assert later is not None and later.retry_after_s is None and later.remaining == 0
    backwards = limiter.take("read", "a", 0.5)
    assert backwards is not None and backwards.retry_after_s is not None
    for who in "bcd":
        limiter.take("read", who, 2.0)
    assert len(limiter) == 3
    fresh = limiter.take("read", "a", 2.0)
    assert fresh is not None and fresh.remaining == 59
