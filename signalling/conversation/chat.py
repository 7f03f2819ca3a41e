"""The conversation's part that is more than one transaction: claims that book a rep's capacity, presence and typing that are not kept.

For the doors. What is kept is in the works of `messages`, `handling`, `participants`.
"""

from signalling import tenants
from signalling.bus import Bus, conversation_topic
from signalling.commerce import mirror
from signalling.config import Settings
from signalling.conversation import conversation, handling, participants, timeline
from signalling.conversation.conversation import Conversation, require
from signalling.conversation.participants import Mark, Receipt
from signalling.conversation.timeline import Actor, Entry
from signalling.identity.caller import Caller
from signalling.ids import is_id
from signalling.privacy.masking import mask_cards
from signalling.routing.desk import Desk
from signalling.store import Store, Transaction


class Chat:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, desk: Desk) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.desk = desk

    @staticmethod
    def timeline(tx: Transaction, caller: Caller, conversation_id: str, *, after_seq: int, limit: int) -> list[Entry]:
        """A work: the entries after `after_seq` of a conversation that the caller may read, as the caller may see them at the moment."""
        require(tx, caller, conversation_id)
        entries = timeline.read(tx, caller.tenant_id, conversation_id, after_seq=after_seq, limit=limit)
        entries = mirror.visible(tx, caller, conversation_id, entries)
        if caller.staff and tenants.settings(tx, caller.tenant_id).masks(caller.role.value):
            entries = [entry.masked() for entry in entries]
        return entries

    @staticmethod
    def receipt(tx: Transaction, caller: Caller, conversation_id: str, mark: Mark, up_to_seq: int) -> Receipt:
        """A work: everything up to there has reached the caller."""
        row = require(tx, caller, conversation_id)
        return participants.advance(tx, caller.tenant_id, conversation_id, row.seq, caller.actor, mark, up_to_seq)

    async def claim(self, caller: Caller, conversation_id: str) -> Conversation:
        """The first rep to claim a conversation has it; their capacity is booked. Conflict for whoever comes later."""
        claimed = await self.store.write(handling.claim, caller, conversation_id)
        await self._book(caller.tenant_id, caller.id, claimed)
        return claimed

    async def transfer(self, caller: Caller, conversation_id: str, rep: Actor) -> Conversation:
        """The conversation is another rep's from now on, beyond their capacity too."""
        transferred = await self.store.write(handling.transfer, caller, conversation_id, rep)
        await self._book(caller.tenant_id, rep.id, transferred)
        return transferred

    async def release(self, caller: Caller, conversation_id: str) -> Conversation:
        """The conversation is nobody's again."""
        before = await self.store.read(conversation.read, caller, conversation_id)
        released = await self.store.write(handling.release, caller, conversation_id)
        await self._finish(caller.tenant_id, before.conversation)
        return released

    async def close(self, caller: Caller, conversation_id: str, reason: str) -> Conversation:
        """The conversation has ended; its rep has room for another."""
        closed = await self.store.write(handling.close, caller, conversation_id, reason)
        await self._finish(caller.tenant_id, closed)
        return closed

    async def _book(self, tenant_id: str, rep_id: str, of: Conversation) -> None:
        if of.channel == "chat" and is_id("rep", rep_id):  # a call's channel is booked by the call
            await self.desk.take(tenant_id, rep_id, of.id, "chat", force=True)

    async def _finish(self, tenant_id: str, of: Conversation) -> None:
        if of.rep_id is not None and is_id("rep", of.rep_id):
            await self.desk.finish(tenant_id, of.rep_id, of.id, "chat")

    def typing(self, caller: Caller, conversation_id: str, active: bool) -> None:
        """Tells those who watch that the caller is writing. Not kept; whoever calls has checked that the caller may see it."""
        note = {"type": "typing", "conversation_id": conversation_id, "actor": caller.actor.json(), "active": active}
        self.bus.publish(conversation_topic(caller.tenant_id, conversation_id), note)

    def caption(self, caller: Caller, conversation_id: str, *, line: str, text: str, final: bool, unavailable: bool) -> None:
        """Tells those who watch what the caller says, as text. Not kept: it is speech, not a message. As for `typing`."""
        said = {"line": line, "text": mask_cards(text), "final": final, "unavailable": unavailable}
        note = {"type": "caption", "conversation_id": conversation_id, "actor": caller.actor.json(), **said}
        self.bus.publish(conversation_topic(caller.tenant_id, conversation_id), note)

    def captions_wanted(self, caller: Caller, conversation_id: str, active: bool) -> None:
        """Tells those who speak that the caller reads. A supervisor may listen unseen, so their wish is for staff alone."""
        visibility = "staff" if caller.staff and caller.role != "rep" else "all"
        wish = {"type": "captions.wanted", "conversation_id": conversation_id, "actor": caller.actor.json(), "active": active}
        self.bus.publish(conversation_topic(caller.tenant_id, conversation_id), wish | {"visibility": visibility})

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
