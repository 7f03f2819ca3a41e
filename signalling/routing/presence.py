"""A rep as routing knows them: skills, languages, capacity, whether they are there, and what they are busy with.

What they chose (`available`, `away`, `offline`) and what happened (a lost connection, wrap-up) are apart; `shown` is both in one word:

    offline | disconnected (grace runs) | wrap_up | away | available

For `matching` and `floor`. Pure. Invariant: offers count as work, so that capacity is never exceeded whatever is accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from signalling.routing.requirement import Requirement, meets
from signalling.routing.ticket import CHANNELS, Channel, Ticket

Status = Literal["available", "away", "offline"]
Shown = Literal["available", "away", "offline", "wrap_up", "disconnected"]

CAPACITY_MOST = 50
# Three chats are what people can follow; nobody can be in two calls.
CAPACITY: Mapping[str, int] = {"chat": 3, "voice": 1, "video": 1}
# channel -> what is not given to a rep who is at work there. By default a call keeps out other calls only; add chat to keep out chats.
EXCLUDES: Mapping[str, tuple[str, ...]] = {"voice": ("video",), "video": ("voice",)}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a supervisor says of a rep."""

    rep_id: str
    name: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    capacity: Mapping[str, int] = field(default_factory=lambda: dict(CAPACITY))
    excludes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(EXCLUDES))


@dataclass(slots=True, eq=False)
class Rep:
    """See the module."""

    profile: Profile
    status: Status = "offline"
    since_us: int = 0  # of `shown`
    sockets: int = 0
    attached: bool = False  # a socket has been there since they came on duty: losing it means something
    grace_us: int | None = None
    wrap_us: int | None = None
    missed: int = 0  # offers let pass in a row
    idle_us: int = 0  # when they last got free or came on duty
    turn: int = 0  # of their last offer
    work: dict[str, Ticket] = field(default_factory=dict)  # assigned and offered, by ticket
    load: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANNELS, 0))
    able: dict[int, bool] = field(default_factory=dict)  # of `matching`: requirement class -> whether they meet it
    due_us: int | None = None

    @property
    def id(self) -> str:
        """Of the rep."""
        return self.profile.rep_id

    @property
    def shown(self) -> Shown:
        """In one word; see the module."""
        if self.status == "offline":
            return "offline"
        if self.grace_us is not None:
            return "disconnected"
        if self.wrap_us is not None and self.status == "available":
            return "wrap_up"
        return self.status

    @property
    def on_duty(self) -> bool:
        """Takes offers, now or when present work is done."""
        return self.status == "available" and self.grace_us is None

    def fits(self, channel: Channel) -> bool:
        """Whether capacity is left there, whatever the status."""
        load = self.load
        if load[channel] >= self.profile.capacity.get(channel, 0):
            return False
        for other, excluded in self.profile.excludes.items():  # asked at every look at a group: a generator would cost twice this
            if load[other] and channel in excluded:
                return False
        return True

    def free(self, channel: Channel) -> bool:
        """Whether they may be offered something there now."""
        return self.status == "available" and self.grace_us is None and self.wrap_us is None and self.fits(channel)

    @property
    def has_room(self) -> bool:
        """Whether they may be offered anything now."""
        if self.status != "available" or self.grace_us is not None or self.wrap_us is not None:
            return False
        return any(self.fits(channel) for channel in CHANNELS)

    def meets(self, number: int, requirement: Requirement) -> bool:
        """Whether they meet a requirement; `number` is its class."""
        found = self.able.get(number)
        if found is None:
            found = self.able[number] = meets(requirement, self.profile.skills, self.profile.languages)
        return found

    def add(self, ticket: Ticket) -> None:
        """Takes up capacity."""
        assert ticket.id not in self.work
        self.work[ticket.id] = ticket
        self.load[ticket.channel] += 1

    def drop(self, ticket: Ticket) -> None:
        """Gives it back."""
        del self.work[ticket.id]
        self.load[ticket.channel] -= 1
