"""All that a conversation holds, for whoever has a right to it, and its end: what was said goes, that something was said stays.

Works for privacy (export, erasure, retention). Calls, carts and orders erase what is theirs; entries they wrote lose their bodies here.
Invariant: after `erase` the numbers are still gap-free, and no body, name, file or rating of anybody is left.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, update

from signalling.bus import conversation_topic
from signalling.conversation import attachments, participants, timeline
from signalling.conversation.conversation import about_name, existing, view
from signalling.conversation.timeline import PAGE_MOST
from signalling.store import Transaction
from signalling.store.tables import conversation as tables

# An erased entry's data.
ERASED = {"erased": True}


def export(tx: Transaction, tenant_id: str, conversation_id: str) -> dict[str, Any]:
    """Everything of it as JSON: state, participants, timeline without what is staff's own, and the files' list. NotFound.

    The files' bytes: `attachments.content` for each.
    """
    row = existing(tx, tenant_id, conversation_id)
    entries = []
    after_seq = 0
    while stretch := timeline.read(tx, tenant_id, conversation_id, after_seq=after_seq):
        entries += [entry.shown(staff=False) for entry in stretch]
        after_seq = stretch[-1].seq
        if len(stretch) < PAGE_MOST:
            break
    return {
        "conversation": asdict(view(tx, row)),
        "participants": [asdict(each) for each in participants.of(tx, tenant_id, conversation_id)],
        "timeline": entries,
        "attachments": [asdict(each) for each in attachments.listing(tx, tenant_id, conversation_id)],
    }


def erase(tx: Transaction, tenant_id: str, conversation_id: str) -> dict[str, int]:
    """Redacts every entry, forgets names and the rating, deletes the files. Idempotent. How many of each. NotFound."""
    existing(tx, tenant_id, conversation_id)
    redacted = 0
    while stretch := timeline.read(tx, tenant_id, conversation_id, after_seq=redacted):
        for entry in stretch:
            timeline.redact(tx, tenant_id, conversation_id, entry.seq, ERASED)
        redacted = stretch[-1].seq
    files = attachments.listing(tx, tenant_id, conversation_id)
    for file in files:
        attachments.erase(tx, tenant_id, file.id)
    people, conversations = tables.participants, tables.conversations
    here = (people.c.tenant_id == tenant_id) & (people.c.conversation_id == conversation_id)
    gone = tx.execute(delete(people).where(here)).rowcount
    tx.execute(
        update(conversations)
        .where(conversations.c.tenant_id == tenant_id, conversations.c.id == conversation_id)
        .values(customer_name=tx.seal(tenant_id, b"", about_name(conversation_id)), csat_score=None, updated_at_us=tx.now_us)
    )
    # Whoever has it on a screen should let go of it.
    tx.tell(conversation_topic(tenant_id, conversation_id), {"type": "conversation.erased", "conversation_id": conversation_id})
    return {"entries": redacted, "attachments": len(files), "participants": gone}
