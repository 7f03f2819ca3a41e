"""A conversation as something to keep: text, a page, or JSON, with cart and call events where they happened.

Plain functions over entries (`timeline.read`), for the download and for the mail. What its reader may not see is left out; what was
deleted says so. Invariants: everything somebody typed is escaped in the page; the page loads nothing and runs nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Literal
from zoneinfo import ZoneInfo

from mediaserver.errors import TresenError
from signalling.commerce.money import Money
from signalling.conversation.timeline import Entry
from signalling.times import to_datetime

Format = Literal["text", "html", "json"]
CONTENT_TYPES: Mapping[Format, str] = {
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
FILE_SUFFIXES: Mapping[Format, str] = {"text": "txt", "html": "html", "json": "json"}
# Entries that are about delivery, not about what happened between people.
SILENT = frozenset({
    "message.delivered", "message.read", "queue.position_changed", "call.quality_changed", "call.media_joined", "call.media_left",
    "call.track_published", "call.track_unpublished", "call.queued", "call.connected", "call.leg_accepted",
})  # fmt: skip
# What the page looks like: no font, picture or script from elsewhere, readable on paper.
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:44rem;padding:0 1rem;color:#1c1c1e;background:#fff}"
    "h1{font-size:1.25rem}ol{list-style:none;padding:0}li{margin:.5rem 0;display:grid;grid-template-columns:6rem 1fr;gap:1rem}"
    "time{color:#5c5c66;font-variant-numeric:tabular-nums}.said b{display:block}"
    ".said p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".event{color:#5c5c66}@media(prefers-color-scheme:dark){body{background:#1c1c1e;color:#f2f2f4}time,.event{color:#a5a5b0}}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript. `said`: somebody's words; otherwise something that happened."""

    at: datetime
    who: str
    text: str
    said: bool


def render(entries: Sequence[Entry], form: Format, *, staff: bool, zone: ZoneInfo, title: str) -> bytes:
    """The transcript in one of the formats, as its reader may see it."""
    match form:
        case "text":
            return as_text(lines(entries, staff=staff, zone=zone), title).encode()
        case "html":
            return as_html(lines(entries, staff=staff, zone=zone), title).encode()
        case "json":
            shown = [entry.json() for entry in entries if staff or entry.visibility == "all"]
            return json.dumps({"title": title, "entries": shown}, ensure_ascii=False, indent=1).encode()


def lines(entries: Sequence[Entry], *, staff: bool, zone: ZoneInfo) -> list[Line]:
    """What there is to read, in order. An edited message shows its last words, a deleted one that it was."""
    latest: dict[str, Any] = {}
    for entry in entries:
        if entry.kind in ("message.updated", "message.deleted"):
            latest[str(_message_id(entry.data))] = entry
    result = []
    for entry in entries:
        if entry.kind in SILENT or entry.kind in ("message.updated", "message.deleted") or (entry.visibility == "staff" and not staff):
            continue
        at, who = to_datetime(entry.at_us).astimezone(zone), entry.actor.name or entry.actor.kind
        if entry.kind == "message.created":
            change = latest.get(str(_message_id(entry.data)))
            result.append(Line(at, who, _words(entry, change), True))
        else:
            result.append(Line(at, who, SENTENCES.get(entry.kind, _plain)(entry), False))
    return result


def as_text(shown: Sequence[Line], title: str) -> str:
    """For reading anywhere."""
    out = [title, "=" * len(title), ""]
    day = None
    for line in shown:
        if line.at.date() != day:
            day = line.at.date()
            out += ["", f"--- {day.isoformat()} ({line.at.tzname()}) ---"]
        words = line.text.splitlines() or [""]
        out.append(f"{line.at:%H:%M:%S}  {line.who}: {words[0]}" if line.said else f"{line.at:%H:%M:%S}  * {words[0]}")
        out += [f"          {more}" for more in words[1:]]
    return "\n".join(out) + "\n"


def as_html(shown: Sequence[Line], title: str) -> str:
    """A page of its own."""
    items = []
    for line in shown:
        stamp = f'<time datetime="{line.at.isoformat()}">{line.at:%Y-%m-%d}<br>{line.at:%H:%M:%S}</time>'
        if line.said:
            items.append(f'<li class="said">{stamp}<div><b>{escape(line.who)}</b><p>{escape(line.text)}</p></div></li>')
        else:
            items.append(f'<li class="event">{stamp}<span>{escape(line.text)}</span></li>')
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1><ol>{''.join(items)}</ol></body></html>\n"
    )


def _message_id(data: Mapping[str, Any]) -> Any:
    return data.get("message_id") or data.get("id")


def _words(entry: Entry, change: Entry | None) -> str:
    if entry.data.get("deleted") or (change is not None and change.kind == "message.deleted"):
        return "[deleted]"
    if entry.data.get("redacted") or entry.data.get("erased"):
        return "[erased]"
    data = change.data if change is not None else entry.data
    words = [str(data.get("text") or "")]
    words += [f"[file: {each.get('name', '')}]" for each in entry.data.get("attachments") or () if isinstance(each, Mapping)]
    words += [f"[{each.get('type', 'card')}: {_card(each)}]" for each in entry.data.get("blocks") or () if isinstance(each, Mapping)]
    text = "\n".join(each for each in words if each)
    return f"{text} (edited)" if change is not None else text


def _card(block: Mapping[str, Any]) -> str:
    for name in ("title", "text", "label", "name"):
        if block.get(name):
            return str(block[name])
    replies = block.get("replies")
    return " | ".join(str(each.get("label", "")) for each in replies if isinstance(each, Mapping)) if isinstance(replies, list) else ""


def _amount(value: Any) -> str:
    try:
        return str(Money(int(value["amount"]), str(value["currency"])))
    except (KeyError, TypeError, ValueError, TresenError):
        return ""


def _plain(entry: Entry) -> str:
    """For kinds without a sentence: their name, readable."""
    return f"{entry.actor.name or entry.actor.kind}: {entry.kind.replace('.', ' ').replace('_', ' ')}"


def _who(entry: Entry) -> str:
    return entry.actor.name or {"customer": "The customer", "rep": "The rep", "shop": "The shop"}.get(entry.actor.kind, "The system")


def _cart(entry: Entry) -> str:
    cart = entry.data.get("cart")
    if not isinstance(cart, Mapping):
        return f"{_who(entry)} changed the cart"
    operation = entry.data.get("operation") or entry.data.get("op") or {}
    kind = str(operation.get("type") or operation.get("kind") or "changed") if isinstance(operation, Mapping) else "changed"
    count = sum(int(line.get("quantity", 0)) for line in cart.get("lines", ()) if isinstance(line, Mapping))
    total = _amount((cart.get("totals") or {}).get("total"))
    step = f", at {cart['checkout_step']}" if cart.get("checkout_step") else ""
    return f"{_who(entry)}: {kind.replace('_', ' ')}; the cart has {count} item{'s' if count != 1 else ''}, {total}{step}"


def _order(entry: Entry) -> str:
    order = entry.data.get("order")
    order = order if isinstance(order, Mapping) else entry.data
    total = _amount((order.get("totals") or {}).get("total") if isinstance(order.get("totals"), Mapping) else order.get("total"))
    number = order.get("number") or order.get("id") or ""
    if entry.kind == "order.placed":
        return f"Order {number} was placed{', ' + total if total else ''}"
    return f"Order {number}: {str(order.get('fulfillment_status') or order.get('status') or 'changed').replace('_', ' ')}"


PAYMENTS: Mapping[str, str] = {
    "payment.link_created": "A payment link was sent",
    "payment.declined": "The payment was declined",
    "payment.processing": "The payment is on its way",
    "payment.succeeded": "The payment succeeded",
    "payment.failed": "The payment failed",
    "payment.expired": "The payment link expired",
    "payment.cancelled": "The payment was cancelled",
    "payment.refunded": "The payment was refunded",
    "payment.step_entered": "The customer is paying: recording and view are paused",
    "payment.step_left": "The customer has left the payment step",
}


def _payment(entry: Entry) -> str:
    what = PAYMENTS[entry.kind]
    payment = entry.data.get("payment")
    amount = _amount((payment if isinstance(payment, Mapping) else entry.data).get("amount"))
    return f"{what}{', ' + amount if amount else ''}"


def _call(entry: Entry) -> str:
    media = str(entry.data.get("media") or (entry.data.get("call") or {}).get("media") or "")
    what = {
        "call.requested": f"{_who(entry)} asked for a {media or 'voice'} call",
        "call.ringing": "The call rings",
        "call.accepted": f"{_who(entry)} took the call",
        "call.held": f"{_who(entry)} put the call on hold",
        "call.resumed": f"{_who(entry)} resumed the call",
        "call.transferred": "The call was transferred",
        "call.ended": "The call ended",
    }[entry.kind]
    reason = entry.data.get("reason")
    return f"{what} ({str(reason).replace('_', ' ')})" if reason else what


def _sentence(words: str) -> Callable[[Entry], str]:
    return lambda entry: words.format(who=_who(entry))


SENTENCES: Mapping[str, Callable[[Entry], str]] = {
    "conversation.created": _sentence("{who} began the conversation"),
    # Mostly by the queue itself: who came is in the entry.
    "conversation.assigned": lambda entry: f"{entry.data.get('rep_name') or _who(entry)} joined the conversation",
    "conversation.transferred": _sentence("The conversation was transferred"),
    "conversation.closed": _sentence("{who} closed the conversation"),
    "queue.entered": _sentence("Waiting for a rep"),
    "queue.left": _sentence("No longer waiting"),
    "recording.started": _sentence("The recording began"),
    "recording.paused": _sentence("The recording was paused"),
    "recording.resumed": _sentence("The recording goes on"),
    "recording.stopped": _sentence("The recording ended"),
    "consent.asked": lambda entry: f"{_who(entry)} asked for consent: {str(entry.data.get('purpose', '')).replace('_', ' ')}",
    "consent.refused": lambda entry: f"{_who(entry)} did not agree: {str(entry.data.get('purpose', '')).replace('_', ' ')}",
    "consent.granted": lambda entry: f"{_who(entry)} agreed: {str(entry.data.get('purpose', '')).replace('_', ' ')}",
    "consent.revoked": lambda entry: f"{_who(entry)} withdrew: {str(entry.data.get('purpose', '')).replace('_', ' ')}",
    "help.requested": _sentence("{who} asked for help"),
    "cart.updated": _cart,
    "cart.conflict": _sentence("Two changes of the cart did not fit together"),
    "cart.suggested": _sentence("{who} suggested a change of the cart"),
    "cart.suggestion_accepted": _sentence("{who} accepted the suggestion"),
    "cart.suggestion_refused": _sentence("{who} refused the suggestion"),
    **dict.fromkeys(("order.placed", "order.status_changed"), _order),
    **dict.fromkeys(PAYMENTS, _payment),
    **dict.fromkeys(
        ("call.requested", "call.ringing", "call.accepted", "call.held", "call.resumed", "call.transferred", "call.ended"), _call
    ),
    "csat.submitted": lambda entry: f"{_who(entry)} rated the conversation: {entry.data.get('score', '')}",
}
