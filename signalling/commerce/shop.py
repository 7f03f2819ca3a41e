"""What a shop is to us, and which one a tenant has.

    shop = await shops.of(tenant_id)
    found = await shop.search(Search(text="kettle"))
    finish = await shop.place(op_id, request)         # a remote shop is asked here, outside any transaction
    placed = await store.write(record, finish)        # finish(tx) -> Placed, inside the transaction with the timeline entry

One interface for a shop that lives in our own store (`embedded`, `shops.demo`) and for one that is asked over HTTP (`shops.rest`).
Whatever changes or prices something comes in two halves: an awaited call before the transaction, and a plain function `finish(tx)` that
it returns and that runs inside it. A remote shop does everything in the first half and its `finish` only gives the result; an embedded
one does nothing in the first half and everything in the second, so that stock, order and timeline entry are one transaction.

What is authoritative: the shop for products, prices, stock, taxes, codes, order numbers and an order's status; we for which lines are in
a cart, its version and who put them there.

Repetition: `op_id` names a change for good. Asked again with the same id and content, a shop answers what it answered and changes
nothing; with other content Conflict `op_id_reused`. So after Unavailable or a crash one asks again with the same id.

Errors, by class, of every method:
  NotFound       no such product, variant or order
  Conflict       `out_of_stock`, `price_changed` (order), `order_state` (too late to cancel or return), `op_id_reused`
  Unprocessable  `currency_unsupported`, `destination_unsupported`, `invalid`: never right for this shop
  Unavailable    the shop cannot be reached, answers 5xx or nonsense, or too late: nobody knows what happened; ask again with the same op_id
A discount code that does not count is no error, it is `CodeState(applicable=False)`; nor is a variant that is gone (`Quote.gone`).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import delete, insert, select

from mediaserver.errors import LocalError, TresenError
from signalling.bus import Bus
from signalling.commerce.money import Money
from signalling.commerce.offer import DeliveryOption, Draft, Found, Product, Quote, Search
from signalling.commerce.order_status import Financial, Fulfillment
from signalling.config import Settings
from signalling.store import Store, Transaction
from signalling.store.tables.commerce import shops as shops_table

if TYPE_CHECKING:
    from signalling.commerce.courier import Courier

T = TypeVar("T")

# The half of a change that runs inside our transaction.
Finish = Callable[[Transaction], T]
# (tx, draft) -> what it costs. Raises Stale where it was prepared for another draft.
Pricer = Callable[[Transaction, Draft], Quote]

# The adapter of a tenant that has connected none.
EMBEDDED = "demo"

# Topic of the bus: the tenant whose shop was connected anew.
SHOPS_TOPIC = "shops"


class Stale(TresenError):
    """A pricer was prepared for another draft than it is asked about: the cart has moved on. Prepare it again."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an order goes. Personal: sealed wherever it is kept."""

    name: str
    street: str
    city: str
    country: str
    postcode: str = ""
    region: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is ordered. `expected`: the total the customer agreed to; the shop prices anew and refuses (`price_changed`) another one."""

    order_id: str
    draft: Draft
    expected: Money
    address: Address | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order the shop has taken. `ref`: how the shop names it; `number`: how people do."""

    ref: str
    number: str
    quote: Quote
    financial_status: Financial = "pending"
    fulfillment_status: Fulfillment = "unfulfilled"


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """How many of an order's line go back."""

    line_id: str
    variant_id: str
    quantity: int


class Shop(Protocol):
    """One tenant's shop. See the module for repetition, errors and the two halves."""

    @property
    def name(self) -> str:
        """The `source` of everything it tells, such as `demo`."""

    @property
    def embedded(self) -> bool:
        """Whether it lives in our own store: its awaited halves do nothing, its finishing halves everything."""

    async def search(self, search: Search) -> Found:
        """Products, best first. Never fails for finding nothing. Unprocessable for a cursor that is not its own."""

    async def product(self, product_id: str, currency: str, locale: str) -> Product:
        """One product with present prices and stock. NotFound."""

    async def delivery(self, draft: Draft) -> tuple[DeliveryOption, ...]:
        """The ways to bring these lines to `draft.destination` (which is not None), cheapest first; empty where there is none."""

    async def pricer(self, draft: Callable[[], Awaitable[Draft]]) -> Pricer:
        """Prepares to price. A remote shop awaits `draft()`, asks, and its pricer answers for that draft alone; an embedded one never
        awaits it and its pricer answers for any draft.
        """

    async def place(self, op_id: str, request: OrderRequest) -> Finish[Placed]:
        """Takes an order: prices it anew, reserves stock (all or nothing). Conflict `out_of_stock` (pointer `/lines/<index>`) or
        `price_changed`.
        """

    async def cancel(self, op_id: str, ref: str, reason: str) -> Finish[None]:
        """Cancels an order and puts its goods back into stock. Conflict `order_state` where it has left."""

    async def request_return(self, op_id: str, ref: str, lines: tuple[ReturnLine, ...], reason: str) -> Finish[None]:
        """Announces a return. The shop decides later and tells by its webhook or through the API."""

    async def paid(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """Tells that money came in; `reference` is the payment provider's."""

    async def refunded(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """Tells that money went back."""

    async def close(self) -> None:
        """Ends connections. Idempotent."""


# (store, tenant_id, configuration) -> a shop; opens nothing yet.
Adapter = Callable[[Store, str, Mapping[str, Any]], Shop]


def connect(tx: Transaction, tenant_id: str, kind: str, config: Mapping[str, Any]) -> None:
    """A work: this is the tenant's shop from now on. `config` is sealed, as it may hold a secret."""
    tx.execute(delete(shops_table).where(shops_table.c.tenant_id == tenant_id))
    sealed = tx.seal(tenant_id, json.dumps(dict(config)).encode(), _about(kind))
    tx.execute(insert(shops_table).values(tenant_id=tenant_id, kind=kind, config=sealed, updated_at_us=tx.now_us))
    tx.tell(SHOPS_TOPIC, tenant_id)


def connected(tx: Transaction, tenant_id: str) -> tuple[str, dict[str, Any]]:
    """A work: kind and configuration of the tenant's shop; the embedded one where none was connected."""
    row = tx.first(select(shops_table).where(shops_table.c.tenant_id == tenant_id))
    if row is None:
        return EMBEDDED, {}
    return row.kind, json.loads(tx.unseal(tenant_id, row.config, _about(row.kind)))


def _about(kind: str) -> str:
    return f"shops/{kind}"


class Shops:
    """Finds a tenant's shop. Adapters are named in `adapters`, by the `kind` that `connect` was given."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.courier: Courier | None = None
        # Imported here: adapters are written in terms of this module.
        from signalling.commerce.shops.demo import DemoShop
        from signalling.commerce.shops.rest import RestShop

        rest = partial(RestShop, private=settings.webhook_private_addresses)
        self.adapters: dict[str, Adapter] = {EMBEDDED: DemoShop, "rest": rest}
        self._made: dict[str, Shop] = {}
        self._retired: list[Shop] = []
        self._cancel: Callable[[], None] | None = None

    async def of(self, tenant_id: str) -> Shop:
        """The tenant's shop."""
        made = self._made.get(tenant_id)
        if made is None:
            kind, config = await self.store.read(connected, tenant_id)
            adapter = self.adapters.get(kind)
            if adapter is None:
                raise LocalError(f"there is no shop adapter {kind}; there is {', '.join(sorted(self.adapters))}")
            made = self._made.setdefault(tenant_id, adapter(self.store, tenant_id, config))
        return made

    async def start(self) -> None:
        """Begins."""
        from signalling.commerce.courier import Courier

        self._cancel = self.bus.subscribe(SHOPS_TOPIC, self._forget)
        self.courier = Courier(self, self.store, self.bus)
        await self.courier.start()

    async def stop(self) -> None:
        """Ends. Idempotent."""
        if self.courier is not None:
            await self.courier.stop()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        for shop in [*self._made.values(), *self._retired]:
            await shop.close()
        self._made.clear()
        self._retired.clear()

    def _forget(self, _: str, tenant_id: str) -> None:
        shop = self._made.pop(tenant_id, None)
        if shop is not None:  # somebody may still be asking it something: closed at the end
            self._retired.append(shop)
