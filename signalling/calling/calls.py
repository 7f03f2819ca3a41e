"""Calls as a running service: what is committed is carried out at the media server and the desk, what these say is committed.

    works, steering, happenings -> commit -> `Changed` on the bus -> rooms made as planned, chores done, deadlines watched
    media server, desk, clock, timeline -> one after the other -> happenings

Nothing is carried out that is not committed, and whatever is committed is carried out until it is done: the room is made what the tables
say (`plan`), as often as needed; chores stand in the database until the desk has done them. So a crash, a failing media server or a
database that is away for a minute delay effects and lose none; while it is away running calls are not touched.

Invariants: what happens to calls is handled in the order in which it happened; a room's plan is never followed by an older one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row

from mediaserver.errors import RemoteError, Unavailable
from signalling.bus import EVERYTHING, Bus
from signalling.calling import desk as desk_work
from signalling.calling import happenings, records, works
from signalling.calling.call import Media, Times
from signalling.calling.desk import QueueDesk
from signalling.calling.media import Joined, Left, MediaEvent, MediaPlane, Missed, Recorded, TrackChanged
from signalling.calling.plan import SCREEN, RoomPlan, may_publish, owner, plan, room_name
from signalling.calling.quality import Gauge, Reading
from signalling.calling.records import TOPIC, Changed
from signalling.calling.views import CallView
from signalling.config import Settings
from signalling.conversation.timeline import Entry
from signalling.identity.caller import Caller
from signalling.routing import decisions
from signalling.store import Store, Transaction
from signalling.times import SECOND_US

log = logging.getLogger(__name__)

# After a failure: often enough that a call hardly notices, seldom enough for a database that is coming up.
RETRY_S = 0.5
# A longer sleep would only be wrong if a clock jumped.
SLEEP_MOST_S = 30.0
DUE_MOST = 200
# Reports of receivers come every second or so; a class takes two samples.
SAMPLE_S = 5.0
# Of one leg in one call: a client that publishes anew in a loop may not fill the timeline.
TRACK_ENTRIES_MOST = 100

Room = tuple[str, str]  # tenant, call


@dataclass(frozen=True, slots=True)
class JoinTicket:
    """What a client needs to enter the room: WHIP to send, WHEP to receive, with this token, soon. `screen_token`: for a second WHIP
    session with the shared screen, where the caller shares one."""

    room: str
    identity: str
    token: str
    screen_token: str | None
    whip: str
    whep: str
    ice_servers: list[dict[str, Any]]
    expires_in_s: int


class Calls:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, media: MediaPlane, desk: QueueDesk) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.media = media
        self.desk = desk
        self.times = Times(
            ring_us=int(settings.call_ring_timeout_s * SECOND_US),
            join_us=int(settings.call_join_timeout_s * SECOND_US),
            grace_us=int(settings.call_reconnect_grace_s * SECOND_US),
        )
        self._cancels: list[Callable[[], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._inbox: asyncio.Queue[Callable[[], Awaitable[object]]] = asyncio.Queue()
        self._dirty: dict[Room, None] = {}
        self._dirt = asyncio.Event()
        self._wanted = asyncio.Event()  # chores
        self._clock_set = asyncio.Event()
        self._applying = asyncio.Lock()
        self._busy = 0
        self._running: set[Room] = set()
        self._gauges: dict[tuple[str, str, str], Gauge] = {}
        self._tracks: dict[tuple[str, str, str], int] = {}

    async def start(self) -> None:
        """Takes up what the former process left: rooms are gone with it, so everybody gets the grace time to come back."""
        for topic, listener in ((TOPIC, self._on_change), (decisions.TOPIC, self._on_desk), (EVERYTHING, self._on_entry)):
            self._cancels.append(self.bus.subscribe(topic, listener))
        self._cancels.append(self.media.watch(self._on_media))
        for tenant_id, call_id in await self.store.read(happenings.open_calls):
            await self.store.write(happenings.restarted, tenant_id, call_id, self.times)
            call = await self.store.read(records.load, tenant_id, call_id, lock=False)
            await self.store.write(happenings.follow_policy, tenant_id, call.conversation_id)
            self._soil((tenant_id, call_id))
        self._wanted.set()
        for loop in (self._follow_inbox, self._follow_rooms, self._follow_chores, self._follow_clock, self._follow_quality):
            self._tasks.append(asyncio.get_running_loop().create_task(loop(), name=f"calls{loop.__name__}"))

    async def stop(self) -> None:
        """Ends. Idempotent."""
        for cancel in self._cancels:
            cancel()
        self._cancels.clear()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What others ask for.

    async def request(
        self, caller: Caller, conversation_id: str, *, call_id: str, media: Media, to: str = "anybody", requirement: str | None = None
    ) -> CallView:
        """See `works.request`."""
        return await self.store.write(
            works.request, caller, conversation_id, call_id=call_id, media=media, times=self.times, to=to, requirement=requirement
        )

    async def join(self, caller: Caller, call_id: str, public_url: str) -> JoinTicket:
        """What the caller needs to enter the call's room; the room knows of them when this returns."""
        _, leg = await self.store.read(works.own_leg, caller, call_id)
        await self._reconcile((caller.tenant_id, call_id))
        room, ttl_s = room_name(caller.tenant_id, call_id), self.settings.call_token_ttl_s
        token = self.media.admit(room, leg.id, name=caller.name, publish=may_publish(leg), ttl_s=ttl_s)
        screen = self.media.admit(room, leg.id + SCREEN, name=caller.name, publish=True, ttl_s=ttl_s) if leg.screen else None
        return JoinTicket(
            room=room,
            identity=leg.id,
            token=token,
            screen_token=screen,
            whip=f"{public_url}/whip/{room}",
            whep=f"{public_url}/whep/{room}",
            ice_servers=self.media.ice_servers(),
            expires_in_s=ttl_s,
        )

    async def stats(self, caller: Caller, call_id: str) -> dict[str, Any]:
        """What the media server can tell of a call's room at this moment."""
        await self.store.read(works.read, caller, call_id)
        return await self.media.stats(room_name(caller.tenant_id, call_id))

    # What is told.

    def _on_change(self, _: str, change: Changed) -> None:
        self._soil((change.tenant_id, change.call_id))
        if change.chores:
            self._wanted.set()
        if change.deadline_us is not None:
            self._clock_set.set()

    def _on_entry(self, _: str, entry: Entry) -> None:
        if entry.kind in ("payment.step_entered", "payment.step_left", "consent.revoked"):
            self._take(self.store.write, happenings.follow_policy, entry.tenant_id, entry.conversation_id)

    def _on_desk(self, _: str, decision: object) -> None:
        match decision:
            case decisions.Offered(channel="voice" | "video"):
                self._take(self._offered, decision)
            case decisions.OfferEnded(channel="voice" | "video"):
                self._take(self.store.write, happenings.offer_ended, decision)
            case decisions.Assigned(channel="voice" | "video"):
                self._take(self.store.write, happenings.assigned, decision, self.times)
            case decisions.CallbackKept():
                self._take(self.store.write, happenings.callback_kept, decision)
            case decisions.Left():
                self._take(self._ticket_left, decision)

    def _on_media(self, event: MediaEvent) -> None:
        if isinstance(event, Missed):
            for room in self._running:
                self._take(self._compare, room)
            return
        found = owner(event.room)
        if found is None:
            return
        tenant_id, call_id = found
        match event:
            case Joined(identity=leg_id):
                self._take(self.store.write, happenings.joined, tenant_id, call_id, leg_id)
            case Left(identity=leg_id):
                self._take(self.store.write, happenings.lost, tenant_id, call_id, leg_id, self.times)
            case TrackChanged(identity=leg_id, kind=kind, source=source, published=published):
                key = (tenant_id, call_id, leg_id)
                self._tracks[key] = self._tracks.get(key, 0) + 1
                if self._tracks[key] <= TRACK_ENTRIES_MOST:
                    name = "call.track_published" if published else "call.track_unpublished"
                    self._take(self.store.write, happenings.noted, *key, name, {"kind": kind, "source": source})
            case Recorded(recording_id=recording_id, folder=folder, complete=complete, faults=faults):
                self._take(self.store.write, happenings.recorded, tenant_id, call_id, recording_id, folder, complete, list(faults))

    def _take(self, do: Callable[..., Awaitable[object]], *arguments: object) -> None:
        self._busy += 1
        self._inbox.put_nowait(lambda: do(*arguments))

    def _soil(self, room: Room) -> None:
        self._dirty[room] = None
        self._dirt.set()

    # What is done.

    async def _follow_inbox(self) -> None:
        while True:
            do = await self._inbox.get()
            try:
                await self._until_done(do)
            finally:
                self._busy -= 1

    async def _until_done(self, do: Callable[[], Awaitable[object]]) -> None:
        """Again until the database is there; what is refused or fails is let go, with a word, so that the next is not held up."""
        while True:
            try:
                await do()
                return
            except Unavailable:
                await asyncio.sleep(RETRY_S)
            except RemoteError as error:
                log.info("Something happened to a call that admits it no more: code=%s", error.code)
                return
            except Exception:
                log.exception("Something that happened to a call could not be handled")
                return

    async def _follow_rooms(self) -> None:
        while True:
            await self._dirt.wait()
            self._dirt.clear()
            failed = False
            for room in list(self._dirty):
                try:
                    await self._reconcile(room)
                except Unavailable:
                    failed = True
                except Exception:
                    failed = True
                    log.exception("A call's room could not be made as it should be: call=%s", room[1])
            if failed:
                await asyncio.sleep(RETRY_S)
                self._dirt.set()

    async def _reconcile(self, room: Room) -> None:
        """Makes a call's room what the tables say."""
        async with self._applying:
            self._dirty.pop(room, None)
            try:
                wanted = await self.store.read(_plan_of, *room)
                await self.media.apply(wanted)
            except BaseException:
                self._dirty[room] = None
                raise
            if wanted.open:
                self._running.add(room)
            else:
                self._running.discard(room)
                for kept in (self._gauges, self._tracks):
                    for key in [key for key in kept if key[:2] == room]:
                        del kept[key]

    async def _follow_chores(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            stuck: set[str] = set()  # calls of which one is not done: what comes behind it waits
            again = False
            try:
                for row in await self.store.read(desk_work.waiting):
                    again = True
                    if row.call_id not in stuck and not await self._do_chore(row):
                        stuck.add(row.call_id)
            except Unavailable:
                stuck.add("")
            if stuck:
                await asyncio.sleep(RETRY_S)
            if stuck or again:
                self._wanted.set()

    async def _do_chore(self, row: Row[Any]) -> bool:
        try:
            await desk_work.do(self.desk, self.store, row)
        except Unavailable:
            return False
        except Exception:
            log.exception("A chore at the desk is not done yet: what=%s call=%s", row.what, row.call_id)
            return False
        return True

    async def _follow_clock(self) -> None:
        while True:
            self._clock_set.clear()
            try:
                next_us = await self.tick()
            except Unavailable:
                await asyncio.sleep(RETRY_S)
                continue
            delay_s = SLEEP_MOST_S if next_us is None else (next_us - self.store.clock()) / SECOND_US
            try:
                async with asyncio.timeout(min(max(delay_s, 0.01), SLEEP_MOST_S)):
                    await self._clock_set.wait()
            except TimeoutError:
                continue

    async def tick(self) -> int | None:
        """Does what is due by the store's clock; when something is due next."""
        while True:
            ripe, next_us = await self.store.read(happenings.due, DUE_MOST)
            for room in ripe:
                await self._until_done(partial(self.store.write, happenings.expire, *room))
            if len(ripe) < DUE_MOST:
                return next_us

    async def _follow_quality(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_S)
            try:
                await self.sample()
            except Exception:
                log.exception("Calls' connections could not be sampled")

    async def sample(self) -> None:
        """Looks how everybody's connection is, and has a change of class written down."""
        for tenant_id, call_id in list(self._running):
            for leg_id, sample in (await self.media.samples(room_name(tenant_id, call_id))).items():
                key = (tenant_id, call_id, leg_id)
                quality = self._gauges.setdefault(key, Gauge()).take(sample)
                if quality is not None:
                    self._take(self.store.write, happenings.quality_changed, *key, quality, sample.rtt_ms, sample.loss_percent)

    def readings(self, tenant_id: str) -> dict[tuple[str, str], Reading]:
        """How the connections of a tenant's calls are, by call and leg."""
        of_tenant = ((call_id, leg_id, gauge) for (whose, call_id, leg_id), gauge in self._gauges.items() if whose == tenant_id)
        return {(call_id, leg_id): gauge.reading for call_id, leg_id, gauge in of_tenant if gauge.reading is not None}

    async def settled(self) -> bool:
        """Whether everything that has been told is done. For tests, and for a drain."""
        if self._busy or self._dirty or self._wanted.is_set() or self._applying.locked():
            return False
        return not await self.store.read(desk_work.waiting)

    async def _offered(self, offer: decisions.Offered) -> None:
        outcome = await self.store.write(happenings.offered, offer, self.times)
        if outcome == "stale":
            await self.desk.leave(offer.tenant_id, offer.ticket_id, "call_ended")
        elif outcome == "busy":
            await self.desk.answer(offer.tenant_id, offer.ticket_id, offer.rep_id, False)
        elif outcome == "ours":
            call = await self.store.read(happenings.of_conversation, offer.tenant_id, offer.conversation_id)
            if call is not None and call.rep_id is not None:
                await self.desk.take(offer.tenant_id, call.rep_id, offer.conversation_id, offer.channel, force=True)

    async def _ticket_left(self, left: decisions.Left) -> None:
        found = await self.store.read(happenings.ticket_of, left)
        if found is not None:
            await self.store.write(desk_work.refused, left.tenant_id, *found, left.reason)

    async def _compare(self, room: Room) -> None:
        """Events were lost: what the media server has against what the tables say."""
        call = await self.store.read(records.load, *room, lock=False)
        present = self.media.present(room_name(*room))
        for leg in call.legs:
            if leg.entered and leg.id in present:
                await self.store.write(happenings.joined, *room, leg.id)
            elif leg.entered:
                await self.store.write(happenings.lost, *room, leg.id, self.times)


def _plan_of(tx: Transaction, tenant_id: str, call_id: str) -> RoomPlan:
    call = records.find(tx, tenant_id, call_id, lock=False)
    return plan(call) if call is not None else RoomPlan(room_name(tenant_id, call_id), False, {})
