"""The OpenAPI document and its page: valid, complete, and served from here alone."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from openapi_spec_validator import validate

from mediaserver.errors import Unavailable
from signalling.api.docs import page
from signalling.api.openapi import document
from signalling.api.routes import all_operations
from signalling.app import SignallingCore
from tests.signalling.doors import Bench, Client

OPERATIONS = all_operations()


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'tresen.db'}"


@pytest.mark.parametrize("operations", [OPERATIONS, Bench().operations()], ids=["all", "bench"])
def test_the_document_is_valid_and_the_same_each_time(operations: list[Any]) -> None:
    whole = document(operations, "https://shop.example")
    validate(whole)
    assert whole == document(operations, "https://shop.example")
    assert {each["operationId"] for path in whole["paths"].values() for each in path.values()} == {each.name for each in operations}


def test_names_and_paths_are_used_once_and_everything_is_described() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert len({(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in OPERATIONS}) == len(OPERATIONS)
    assert [each.name for each in OPERATIONS if not each.summary] == []
    assert [each.name for each in OPERATIONS if set(re.findall(r"\{(\w+)\}", each.path)) != set(each.params)] == []


def test_everything_a_caller_may_send_is_bounded() -> None:
    """Text has a length or a pattern, integers fit into 64 bits: in the document, which is written from the validators."""
    whole = document(OPERATIONS)
    loose: list[str] = []

    def look(where: str, schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                look(where, each)
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in seen:
                seen.add(name)
                look(name, whole["components"]["schemas"][name])
            return
        if schema.get("type") == "string" and not {"pattern", "maxLength", "enum", "const", "format"} & set(schema):
            loose.append(where)
        if schema.get("type") == "integer" and not ({"maximum", "exclusiveMaximum", "enum", "const"} & set(schema)):
            loose.append(where)
        for name, each in schema.items():
            if name not in ("default", "examples"):
                look(f"{where}/{name}", each)

    seen: set[str] = set()
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                look(f"{method} {path} {parameter.get('name')}", parameter.get("schema"))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                look(f"{method} {path}", content.get("schema"))
    assert loose == []


class Links(HTMLParser):
    """What a page refers to and defines."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.targets += [found[name] or "" for name in ("href", "src") if name in found]
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        if tag in ("style", "script") and "src" not in found:
            self.inline.append(tag)


def test_the_page_is_whole_and_has_nothing_inline() -> None:
    links = Links()
    links.feed(page(document([*OPERATIONS, *Bench().operations()])))
    assert links.inline == [] and len(links.ids) == len(set(links.ids))
    inner = {each[1:] for each in links.targets if each.startswith("#")}
    assert inner <= set(links.ids)
    assert {each for each in links.targets if not each.startswith("#")} == {"/v1/docs/docs.css", "/v1/docs/docs.js", "/v1/openapi.json"}


async def test_document_page_and_files_are_served_under_a_strict_policy(core: SignallingCore, client: Client) -> None:
    kinds = {"/v1/openapi.json": "application/json", "/v1/docs": "text/html", "/v1/docs/docs.css": "text/css"}
    for path, kind in {**kinds, "/v1/docs/docs.js": "text/javascript"}.items():
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (200, kind)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        again = await client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304
    assert (await (await client.get("/v1/openapi.json")).json())["servers"] == [{"url": core.address}]


async def gone_away(*_: Any) -> None:
    raise Unavailable("gone")


async def test_dependencies_are_told_apart_and_restart_nobody(
    core: SignallingCore, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await (await client.get("/health/dependencies")).json()
    assert found["dependencies"]["database"]["status"] == "ok" and found["dependencies"]["mail"]["status"] == "off"
    monkeypatch.setattr(core.store, "read", gone_away)
    gone = await client.get("/health/dependencies")
    assert gone.status == 200 and (await gone.json())["dependencies"]["database"]["status"] == "failed"
    assert (await client.get("/health/live")).status == 200
