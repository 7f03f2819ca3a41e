"""One client's socket after `hello`: its watches, its outbox, its limits. Everything on the loop's thread.

Made by `api.socket`, which reads and dispatches; told by `api.fanout`, straight into the transport, without a task or a queue between.
What makes it safe: an entry is written only when it is the next one and there is room for it. Otherwise the watch falls *behind*, which
costs nothing, and catches up from the store when there is room: the outbox is bounded, and a bus that is late, doubles or swaps its hints
makes no gap and no repetition. Notes, which are not kept, count into the outbox; who does not read them is closed with 1013.

Invariant: of each watched conversation the client is sent every `seq` after the one it named, once, ascending.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mediaserver.errors import RemoteError
from signalling.api.fanout import Shared
from signalling.api.messages import TRY_LATER, json_frame
from signalling.api.resume import Held
from signalling.bus import conversation_topic, person_topic, staff_topic, tenant_topic
from signalling.commerce import mirror
from signalling.conversation.timeline import Entry
from signalling.identity.caller import Caller

if TYPE_CHECKING:
    from signalling.api.socket import Sockets

log = logging.getLogger(__name__)

# Above it entries wait in the store. More would hide a slow reader, less would stall a fast one between two looks at it.
OUTBOX_HIGH_BYTES = 64 * 1024
# Above it the client is closed: only notes can come so far.
OUTBOX_MOST_BYTES = 256 * 1024
# How far a client may lag with its acknowledgements, in entries of one conversation: a stretch of chat, not a night of it.
UNACKNOWLEDGED_MOST = 1000
# How long an outbox may stay full, or a window shut, before the client is closed: a telephone in a tunnel, not one in a drawer.
STUCK_S = 20.0
PAGE = 100
# How often it is looked whether a full outbox has drained.
TICK_S = 0.1
# Notes that are news to others only.
UNECHOED = frozenset({"typing", "presence", "caption", "captions.wanted"})
# Kinds the lobby shows. Receipts, calls' inner events and staff's own messages would only make noise there.
LOBBY_KINDS = ("conversation.", "queue.", "help.", "csat.", "call.requested", "call.ended")


class Watch:
    """One conversation that a client follows."""

    __slots__ = ("acked", "behind", "latest", "sent")

    def __init__(self, after_seq: int) -> None:
        self.sent = self.acked = self.latest = after_seq
        self.behind = True  # until it has been read from the store once


class Connection:
    """See the module."""

    __slots__ = (
        "caller",
        "captioned_at",
        "catching_up",
        "closing",
        "heard",
        "lobby",
        "lobby_stale",
        "refilled_at",
        "running",
        "sockets",
        "stuck_since",
        "tokens",
        "transport",
        "typed_at",
        "waiter",
        "watches",
        "ws",
    )

    def __init__(self, sockets: "Sockets", ws: "web.WebSocketResponse[Any]", transport: asyncio.Transport, caller: Caller) -> None:
        self.sockets = sockets
        self.ws = ws
        self.transport = transport
        self.caller = caller
        self.watches: dict[str, Watch] = {}
        self.lobby = False
        self.lobby_stale = False
        self.heard = True
        self.closing = False
        self.running = 0
        self.waiter: asyncio.Future[None] | None = None
        self.catching_up = False
        self.stuck_since = 0.0
        self.tokens = sockets.burst
        self.refilled_at = sockets.loop.time()
        self.typed_at = self.captioned_at = 0.0

    # ---- out

    def send(self, frame: bytes) -> bool:
        """Writes a whole frame, unless the outbox is full: then the client is closed."""
        transport = self.transport
        if self.closing or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > OUTBOX_MOST_BYTES:
            self.close(TRY_LATER, "you read too slowly")
            return False
        transport.write(frame)
        return True

    async def answer(self, frame: bytes) -> None:
        """Writes a request's answer, however large, once there is room for it."""
        while not self.room and not self.closing:
            self.sockets.stuck(self)
            await asyncio.sleep(TICK_S)
        self.send(frame)

    @property
    def room(self) -> bool:
        """Whether entries may be written at the moment."""
        return not self.closing and self.transport.get_write_buffer_size() < OUTBOX_HIGH_BYTES

    def close(self, code: int, reason: str) -> None:
        """Says why and closes; a client that does not answer is cut off."""
        if not self.closing:
            self.closing = True
            self.sockets.services.metrics.count("sockets_closed", code=str(code))
            self.sockets.spawn(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self.ws.close(code=code, message=reason.encode(), drain=False)
        except (ConnectionError, RuntimeError) as error:
            log.debug("Already gone: %s", type(error).__name__)
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    # ---- topics

    def open(self) -> None:
        """Hears what concerns the caller, from now on."""
        fanout, caller = self.sockets.fanout, self.caller
        fanout.join(person_topic(caller.tenant_id, caller.id), self)
        if caller.staff:
            fanout.join(staff_topic(caller.tenant_id), self)

    def end(self) -> None:
        """Hears nothing more; its tasks are let go on, as what they were asked for is to be done."""
        self.closing = True
        fanout, caller = self.sockets.fanout, self.caller
        for conversation_id in list(self.watches):
            self.unwatch(conversation_id)
        self.unwatch_lobby()
        fanout.leave(person_topic(caller.tenant_id, caller.id), self)
        fanout.leave(staff_topic(caller.tenant_id), self)
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def watch(self, conversation_id: str, after_seq: int, latest: int) -> None:
        """Sends entries after `after_seq`, up to `latest` from the store and later ones as they come. Whoever calls has checked access."""
        topic = conversation_topic(self.caller.tenant_id, conversation_id)
        first = conversation_id not in self.watches and not self._elsewhere(topic)
        made = self.watches[conversation_id] = Watch(after_seq)
        made.latest = latest
        self.sockets.fanout.join(topic, self)
        if first:
            self._present(topic, conversation_id, online=True)
        self.catch_up()

    def unwatch(self, conversation_id: str) -> None:
        """Sends no more of it."""
        if self.watches.pop(conversation_id, None) is not None:
            topic = conversation_topic(self.caller.tenant_id, conversation_id)
            self.sockets.fanout.leave(topic, self)
            if not self._elsewhere(topic):
                self._present(topic, conversation_id, online=False)

    def watch_lobby(self) -> None:
        """Hears of all conversations of its tenant."""
        self.lobby = True
        self.sockets.fanout.join(tenant_topic(self.caller.tenant_id), self)

    def unwatch_lobby(self) -> None:
        """Hears of them no more."""
        if self.lobby:
            self.lobby = False
            self.sockets.fanout.leave(tenant_topic(self.caller.tenant_id), self)

    def held(self) -> Held:
        """What a resume token keeps of it."""
        return Held({conversation_id: watch.acked for conversation_id, watch in self.watches.items()}, self.lobby)

    def acknowledge(self, conversation_id: str, seq: int) -> None:
        """The client has everything up to `seq`."""
        watch = self.watches.get(conversation_id)
        if watch is not None and watch.acked < seq <= watch.sent:
            watch.acked = seq
            if watch.behind:
                self.catch_up()

    # ---- told

    def told(self, topic: str, shared: Shared) -> None:
        """See `fanout.Member`."""
        message = shared.message
        if isinstance(message, Entry):
            if topic.startswith("tenant/"):
                self._lobby(shared, message)
            else:
                self._entry(shared, message)
        elif isinstance(message, dict) and self._concerned(message):
            self.send(shared.note())

    def _concerned(self, note: dict[str, Any]) -> bool:
        if note.get("visibility") == "staff" and not self.caller.staff:
            return False
        return not (note["type"] in UNECHOED and note["actor"]["id"] == self.caller.id)

    def _entry(self, shared: Shared, entry: Entry) -> None:
        watch = self.watches.get(entry.conversation_id)
        if watch is None or entry.seq <= watch.sent:
            return
        # What a rep sees of a cart is for the customer's grants to say, which are in the store.
        private = self.caller.staff and mirror.of_cart(entry)
        if private or watch.behind or entry.seq != watch.sent + 1 or not self._admits(watch):
            watch.latest = max(watch.latest, entry.seq)
            watch.behind = True
            self.catch_up()
            return
        self._put(watch, shared, entry)

    def _put(self, watch: Watch, shared: Shared, entry: Entry) -> None:
        masked = self.sockets.services.identity.masks(self.caller)
        if self.send(shared.entry("entry", staff=self.caller.staff, masked=masked)):
            watch.sent = entry.seq

    def _admits(self, watch: Watch) -> bool:
        return self.room and watch.sent - watch.acked < UNACKNOWLEDGED_MOST

    def _lobby(self, shared: Shared, entry: Entry) -> None:
        if entry.kind.startswith(LOBBY_KINDS) or (entry.kind == "message.created" and entry.actor.kind == "customer"):
            if self.room and not self.lobby_stale:
                self.send(shared.entry("lobby", staff=True, masked=self.sockets.services.identity.masks(self.caller)))
            else:
                self.lobby_stale = True
                self.sockets.stuck(self)

    # ---- catching up

    def catch_up(self) -> None:
        """Sends what watches are behind with, as far as there is room; called whenever there may be."""
        if not self.catching_up and not self.closing:
            if any(watch.behind and self._admits(watch) for watch in self.watches.values()):
                self.catching_up = True
                self.sockets.spawn(self._catch_up())
            elif any(watch.behind for watch in self.watches.values()):
                self.sockets.stuck(self)

    def check(self) -> None:
        """Looks into the store whether there is something that nobody has told of."""
        for watch in self.watches.values():
            watch.behind = True
        self.catch_up()

    async def _catch_up(self) -> None:
        try:
            while pending := [each for each, watch in self.watches.items() if watch.behind and self._admits(watch)]:
                for conversation_id in pending:
                    await self._stretch(conversation_id)
        except RemoteError as error:
            # The database is away, or the conversation is: the client comes back and asks again.
            log.info("Cannot catch up: %s", error.code)
            self.close(TRY_LATER, "the conversation cannot be read at the moment")
        finally:
            self.catching_up = False
        if any(watch.behind for watch in self.watches.values()):
            self.sockets.stuck(self)

    async def _stretch(self, conversation_id: str) -> None:
        watch = self.watches[conversation_id]
        entries = await self.sockets.stretch(self.caller, conversation_id, watch.sent, PAGE)
        if self.watches.get(conversation_id) is not watch:
            return
        for entry in entries:
            if not self._admits(watch):
                return
            if entry.seq > watch.sent:
                self._put(watch, Shared(entry), entry)
        if len(entries) < PAGE:
            # This was all there is; what the bus has told of since is in the store by now.
            watch.behind = watch.sent < watch.latest and bool(entries)

    def drained(self) -> bool:
        """Looks whether a stuck connection goes on: True when nothing holds it up any more."""
        if not self.room:
            return False
        if self.lobby_stale:
            self.lobby_stale = not self.send(json_frame({"type": "lobby.reset"}))
        behind = [watch for watch in self.watches.values() if watch.behind]
        if any(self._admits(watch) for watch in behind):
            self.catch_up()
            return True
        return not behind

    # ---- presence

    def _elsewhere(self, topic: str) -> bool:
        """Whether the caller watches it with another device."""
        return any(
            isinstance(each, Connection) and each is not self and each.caller.id == self.caller.id
            for each in self.sockets.fanout.members(topic)
        )

    def _present(self, topic: str, conversation_id: str, *, online: bool) -> None:
        note = {"type": "presence", "conversation_id": conversation_id, "actor": self.caller.actor.json(), "online": online}
        self.sockets.services.bus.publish(topic, note)
