"""The documentation of the API: the OpenAPI document, and a page that shows it to people.

`/v1/openapi.json`, `/v1/docs` and the page's two files. Written by this server from the document, so that there is one truth and nothing is
fetched from anywhere: the page works offline, without script but for the search, and under a policy that allows no inline code.
"""

import hashlib
import html
import importlib.resources
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from signalling.api.openapi import document
from signalling.api.operation import Operation
from signalling.services import Services

POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
FILES = {"docs.css": "text/css", "docs.js": "text/javascript"}
PLACE = "/v1/docs"

Json = Mapping[str, Any]


def mount(application: web.Application, operations: list[Operation], services: Services) -> None:
    """Adds the document, the page and its files."""
    made: dict[str, tuple[bytes, str, str]] = {}

    def built() -> Mapping[str, tuple[bytes, str, str]]:
        # At the first request: the server's address is known only once it runs, and most processes are never asked.
        if not made:
            whole = document(operations, services.public_url())
            files = {
                "openapi.json": (json.dumps(whole, ensure_ascii=False).encode(), "application/json"),
                "docs": (page(whole).encode(), "text/html"),
            }
            for name, kind in FILES.items():
                files[name] = (importlib.resources.files("signalling.api").joinpath("static", name).read_bytes(), kind)
            made.update({name: (body, kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"') for name, (body, kind) in files.items()})
        return made

    def handler(name: str) -> Any:
        async def serve(request: web.Request) -> web.StreamResponse:
            body, kind, etag = built()[name]
            headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
            if etag in request.headers.get("If-None-Match", ""):
                return web.Response(status=304, headers=headers)
            return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

        return serve

    application.router.add_get("/v1/openapi.json", handler("openapi.json"))
    application.router.add_get(PLACE, handler("docs"))
    for name in FILES:
        application.router.add_get(f"{PLACE}/{name}", handler(name))


def page(whole: Json) -> str:
    """The document as one HTML page."""
    tags: dict[str, list[str]] = {each["name"]: [] for each in whole["tags"]}
    contents: dict[str, list[str]] = {name: [] for name in tags}
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            tags[tag].append(_operation(whole, path, method, operation))
            label = f'<span class="verb {method}">{method.upper()}</span> {_text(operation["summary"].rstrip(".").replace("`", ""))}'
            contents[tag].append(f'<li data-words="{_words(path, operation)}"><a href="#{operation["operationId"]}">{label}</a></li>')
    info = whole["info"]
    aside = "".join(f"<section><h2>{_text(name)}</h2><ul>{''.join(items)}</ul></section>" for name, items in contents.items())
    main = "".join(
        f'<section class="tag"><h2 id="tag-{_slug(name)}">{_text(name)}</h2>{"".join(made)}</section>' for name, made in tags.items()
    )
    schemas = "".join(
        f'<article class="schema" id="schema-{_slug(name)}"><h3>{_text(_plain(name))}</h3>{_described(schema)}{_shape(schema)}</article>'
        for name, schema in whole["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(info['title'])} API</title>"
        f'<link rel="stylesheet" href="{PLACE}/docs.css"><script defer src="{PLACE}/docs.js"></script></head><body>'
        '<a class="skip" href="#main">To the content</a>'
        f'<nav aria-label="Operations"><header><strong>{_text(info["title"])}</strong> <span>{_text(info["version"])}</span></header>'
        '<input type="search" id="search" placeholder="Search" aria-label="Search operations" autocomplete="off">'
        f'<p id="found" role="status"></p>{aside}<section><h2><a href="#schemas">Shapes</a></h2></section></nav>'
        f'<main id="main"><h1>{_text(info["title"])} API</h1><p class="lead">{_text(info["summary"])} '
        f'<a href="/v1/openapi.json">OpenAPI document</a></p>{_prose(info["description"])}{main}'
        f'<section class="tag"><h2 id="schemas">Shapes</h2>{schemas}</section></main></body></html>'
    )


def _operation(whole: Json, path: str, method: str, operation: Json) -> str:
    name = operation["operationId"]
    shown = re.sub(r"(\{\w+\})", r"<i>\1</i>", _text(path))
    parts = [
        f'<article class="operation" id="{name}" data-words="{_words(path, operation)}">'
        f'<h3><a href="#{name}">{_text(operation["summary"])}</a></h3>'
        f'<p class="route"><span class="verb {method}">{method.upper()}</span> <code>{shown}</code></p>'
    ]
    if operation.get("description"):
        parts.append(_prose(operation["description"]))
    who = ", ".join(operation.get("x-roles", ())) or "anybody, without a token"
    door = f"; on the socket: <code>{_text(name)}</code>" if operation.get("x-socket") else ""
    parts.append(f'<p class="who">For {_text(who)}{door}</p>')
    parameters = [_resolved(whole, each) for each in operation.get("parameters", ())]
    if parameters:
        rows = "".join(_row(each["name"], each["schema"], each.get("required", False), each["in"], each) for each in parameters)
        parts.append(f"<h4>Parameters</h4><table>{rows}</table>")
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h4>Body <small>{_text(kind)}</small></h4>{_shape(content.get('schema', {'type': 'bytes'}))}")
    answers, refusals = [], []
    for status, answer in operation["responses"].items():
        answer = _resolved(whole, answer)
        content = next(iter(answer.get("content", {}).items()), None)
        if int(status) >= 400:
            refusals.append(f'<li title="{_text(answer["description"])}">{status}</li>')
        elif content is None or "schema" not in content[1]:
            answers.append(f"<h4>Answer {status} <small>{_text(content[0] if content else 'no content')}</small></h4>")
        else:
            answers.append(f"<h4>Answer {status}</h4>{_shape(content[1]['schema'])}")
    parts += [*answers, f'<ul class="refusals" aria-label="Refusals">{"".join(refusals)}</ul></article>']
    return "".join(parts)


def _shape(schema: Json) -> str:
    """An object's fields as a table, anything else in words."""
    if schema.get("type") != "object" or not schema.get("properties"):
        return f"<p>{_type(schema)}</p>"
    required = schema.get("required", ())
    return f"<table>{''.join(_row(name, each, name in required, '', each) for name, each in schema['properties'].items())}</table>"


def _row(name: str, schema: Json, required: bool, place: str, described: Json) -> str:
    marks = [place] if place else []
    marks += ["required"] if required else []
    notes = [_text(described.get("description", schema.get("description", "")))]
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("maxLength", "characters at most"),
            ("maxItems", "items at most"),
        )
        if key in schema and abs(schema[key]) < 2**53
    ]
    if bounds:
        notes.append(f"<small>{_text(', '.join(bounds))}</small>")
    if schema.get("default") not in (None, [], {}, ""):
        notes.append(f"<small>default {_text(json.dumps(schema['default'], ensure_ascii=False))}</small>")
    for example in schema.get("examples", ())[:1]:
        notes.append(f"<small>such as <code>{_text(json.dumps(example, ensure_ascii=False))}</code></small>")
    mark = f" <small>{_text(', '.join(marks))}</small>" if marks else ""
    return f"<tr><th><code>{_text(name)}</code>{mark}</th><td>{_type(schema)}</td><td>{' '.join(note for note in notes if note)}</td></tr>"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{_slug(name)}">{_text(_plain(name))}</a>'
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(_type(each) for each in schema[word])
    if "const" in schema:
        return f"<code>{_text(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        return " | ".join(f"<code>{_text(str(each))}</code>" for each in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(schema['additionalProperties'])}"
    return _text(str(schema.get("format") or kind))


def _described(schema: Json) -> str:
    return _prose(schema["description"]) if schema.get("description") else ""


def _prose(text: str) -> str:
    """Paragraphs, with `code` and **bold**."""
    paragraphs = re.split(r"\n\s*\n", html.escape(text))
    marked = (re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", re.sub(r"``?([^`]+)``?", r"<code>\1</code>", each)) for each in paragraphs)
    return "".join(f"<p>{each}</p>" for each in marked)


def _resolved(whole: Json, value: Json) -> Json:
    while "$ref" in value:
        _, _, place, name = value["$ref"].split("/")
        value = whole["components"][place][name]
    return value


def _words(path: str, operation: Json) -> str:
    return html.escape(f"{operation['operationId']} {path} {operation['summary']} {operation['tags'][0]}".lower(), quote=True)


def _plain(name: str) -> str:
    return name.strip("_").replace("__", "_")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)


def _text(text: str) -> str:
    return html.escape(text, quote=True)
