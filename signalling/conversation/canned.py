"""Canned replies: what a shop's reps say again and again, by shortcut and language, with the customer's name put in.

Works. Placeholders are a fixed list, replaced once and never looked at again: neither a text nor a name can make a rep say something else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.conversation.conversation import require, view
from signalling.conversation.greeting import in_locale
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.conversation import canned_replies
from signalling.times import rfc3339

PLACEHOLDERS = ("customer_name", "rep_name", "conversation_id")
# A list that one can still choose from; also what one answer carries.
REPLIES_MOST = 500
_PLACE = re.compile(r"\{(\w+)\}")
_ONE = (canned_replies.c.tenant_id == bindparam("of_tenant")) & (canned_replies.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A text to send. `shortcut` is what a rep types for it; one for each language."""

    id: str
    shortcut: str
    locale: str
    title: str
    text: str
    updated_at: str


def add(tx: Transaction, caller: Caller, values: Mapping[str, str], reply_id: str | None = None) -> CannedReply:
    """A new one: `values` has shortcut, locale, title, text. With an id used before: that one, if it says the same. Conflict."""
    _check(values["text"])
    made = reply_id or new_id("can", tx.now_us)
    there = _find(tx, caller.tenant_id, made)
    if there is not None:
        if any(getattr(there, name) != value for name, value in values.items()):
            raise Conflict("This id has been used for another reply.", code="canned_id_used", pointer="/id")
        return _view(there)
    _alone(tx, caller.tenant_id, made, values["shortcut"], values["locale"])
    if len(_rows(tx, caller.tenant_id)) >= REPLIES_MOST:
        raise Conflict(f"There are {REPLIES_MOST} replies; remove one first.", code="canned_most")
    tx.execute(
        insert(canned_replies).values(
            tenant_id=caller.tenant_id,
            id=made,
            created_by=caller.id,
            created_at_us=tx.now_us,
            updated_at_us=tx.now_us,
            **values,
        )
    )
    return get(tx, caller, made)


def change(tx: Transaction, caller: Caller, reply_id: str, values: Mapping[str, str]) -> CannedReply:
    """Other values for some of shortcut, locale, title, text. Conflict where another one has this shortcut in this language."""
    row = _find(tx, caller.tenant_id, reply_id)
    if row is None:
        raise NotFound("There is no such reply.")
    if "text" in values:
        _check(values["text"])
    _alone(tx, caller.tenant_id, reply_id, values.get("shortcut", row.shortcut), values.get("locale", row.locale))
    if values:
        changed = update(canned_replies).where(_ONE).values(**values, updated_at_us=tx.now_us)
        tx.execute(changed, {"of_tenant": caller.tenant_id, "of_id": reply_id})
    return get(tx, caller, reply_id)


def remove(tx: Transaction, caller: Caller, reply_id: str) -> None:
    """Takes it away. NotFound where there is none."""
    if not tx.execute(delete(canned_replies).where(_ONE), {"of_tenant": caller.tenant_id, "of_id": reply_id}).rowcount:
        raise NotFound("There is no such reply.")


def get(tx: Transaction, caller: Caller, reply_id: str) -> CannedReply:
    """One of the shop's. NotFound."""
    row = _find(tx, caller.tenant_id, reply_id)
    if row is None:
        raise NotFound("There is no such reply.")
    return _view(row)


def listing(tx: Transaction, caller: Caller, locale: str | None = None) -> list[CannedReply]:
    """All of the shop's by shortcut; with a locale, of each shortcut the one that is nearest to it."""
    rows = _rows(tx, caller.tenant_id)
    if locale is None:
        return [_view(row) for row in rows]
    by_shortcut: dict[str, dict[str, Row[Any]]] = {}
    for row in rows:
        by_shortcut.setdefault(row.shortcut, {})[row.locale] = row
    found = []
    for choices in by_shortcut.values():
        nearest = in_locale({tag: tag for tag in choices}, locale) or next(iter(choices))
        found.append(_view(choices[nearest]))
    return found


def rendered(tx: Transaction, caller: Caller, reply_id: str, conversation_id: str) -> str:
    """Its text for this conversation, with the placeholders filled in; for the rep to look at and send."""
    text = get(tx, caller, reply_id).text
    of = view(tx, require(tx, caller, conversation_id))
    values = {"customer_name": of.customer_name, "rep_name": caller.name, "conversation_id": of.id}
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def _check(text: str) -> None:
    unknown = sorted(set(_PLACE.findall(text)) - set(PLACEHOLDERS))
    if unknown:
        known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
        raise Unprocessable(f"The placeholders are {known}.", code="placeholder", pointer="/text")


def _alone(tx: Transaction, tenant_id: str, reply_id: str, shortcut: str, locale: str) -> None:
    column = canned_replies.c
    same = select(column.id).where(column.tenant_id == tenant_id, column.shortcut == shortcut, column.locale == locale)
    if any(row.id != reply_id for row in tx.all(same)):
        raise Conflict("There is a reply with this shortcut in this language.", code="shortcut_used", pointer="/shortcut")


def _rows(tx: Transaction, tenant_id: str) -> list[Row[Any]]:
    column = canned_replies.c
    return list(tx.all(select(canned_replies).where(column.tenant_id == tenant_id).order_by(column.shortcut, column.locale)))


def _find(tx: Transaction, tenant_id: str, reply_id: str) -> Row[Any] | None:
    return tx.first(select(canned_replies).where(_ONE), {"of_tenant": tenant_id, "of_id": reply_id})


def _view(row: Row[Any]) -> CannedReply:
    return CannedReply(row.id, row.shortcut, row.locale, row.title, row.text, rfc3339(row.updated_at_us))
