"""The embedded shop: in our own store, so that an order, the stock it takes and the timeline's entry are one transaction.

The default shop of every tenant. See `shop` for what each method promises and `pricing` for how a cart is priced.
"""

import functools
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select, update

from mediaserver.errors import Conflict, NotFound
from signalling.commerce import catalogue
from signalling.commerce.money import Money
from signalling.commerce.offer import DeliveryOption, Draft, Found, Product, Quote, Search
from signalling.commerce.shop import Finish, OrderRequest, Placed, Pricer, ReturnLine
from signalling.commerce.shops import pricing
from signalling.commerce.shops.rules import Discount, Rules, discount
from signalling.store import Store, Transaction, prepared
from signalling.store.tables.commerce import discount_uses, discounts, shop_orders, shop_rules

_DISCOUNT = prepared(select(discounts.c.body).where(discounts.c.tenant_id == bindparam("tenant"), discounts.c.code == bindparam("code")))
_USED = prepared(
    select(discount_uses.c.order_id).where(
        discount_uses.c.tenant_id == bindparam("tenant"),
        discount_uses.c.code == bindparam("code"),
        discount_uses.c.customer_id == bindparam("customer"),
    )
)
_USE = prepared(insert(discount_uses))
_NUMBER = prepared(
    update(shop_rules)
    .where(shop_rules.c.tenant_id == bindparam("tenant"))
    .values(next_number=shop_rules.c.next_number + 1)
    .returning(shop_rules.c.next_number)
)
_SOLD = prepared(select(shop_orders).where(shop_orders.c.tenant_id == bindparam("tenant"), shop_orders.c.op_id == bindparam("op_id")))
_SELL = prepared(insert(shop_orders))


class DemoShop:
    """See the module."""

    name = pricing.SOURCE
    embedded = True

    def __init__(self, store: Store, tenant_id: str, _: Mapping[str, Any]) -> None:
        self.store = store
        self.tenant_id = tenant_id

    async def search(self, search: Search) -> Found:
        """See `shop.Shop`."""
        return await self.store.read(catalogue.search, self.tenant_id, search)

    async def product(self, product_id: str, currency: str, locale: str) -> Product:
        """See `shop.Shop`."""
        return await self.store.read(catalogue.product, self.tenant_id, product_id, currency, locale)

    async def delivery(self, draft: Draft) -> tuple[DeliveryOption, ...]:
        """See `shop.Shop`."""
        return await self.store.read(self._delivery, draft)

    async def pricer(self, draft: Callable[[], Awaitable[Draft]]) -> Pricer:
        """See `shop.Shop`."""
        return self._price

    async def place(self, op_id: str, request: OrderRequest) -> Finish[Placed]:
        """See `shop.Shop`."""
        return functools.partial(self._place, op_id, request)

    async def cancel(self, op_id: str, ref: str, reason: str) -> Finish[None]:
        """See `shop.Shop`."""
        return functools.partial(self._cancel, ref)

    async def request_return(self, op_id: str, ref: str, lines: tuple[ReturnLine, ...], reason: str) -> Finish[None]:
        """Nothing: whoever handles returns sees them in the orders. Goods that come back are looked at before they are sold again."""
        return self._known(ref)

    async def paid(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """Nothing: the order itself says so."""
        return self._known(ref)

    async def refunded(self, op_id: str, ref: str, amount: Money, reference: str) -> Finish[None]:
        """Nothing: the order itself says so."""
        return self._known(ref)

    async def close(self) -> None:
        """Nothing to end."""

    def _delivery(self, tx: Transaction, draft: Draft) -> tuple[DeliveryOption, ...]:
        quote = self._price(tx, draft)
        if quote.gone:
            raise NotFound("There is no such variant to be sold in this currency.", code="variant_unknown")
        return quote.shipping_options

    def _price(self, tx: Transaction, draft: Draft) -> Quote:
        return self._priced(tx, draft, catalogue.rules(tx, self.tenant_id))

    def _priced(self, tx: Transaction, draft: Draft, rules: Rules) -> Quote:
        articles = catalogue.articles(tx, self.tenant_id, [line.variant_id for line in draft.lines])
        known: dict[str, Discount] = {}
        used = set()
        for code in draft.discount_codes:
            row = tx.first(_DISCOUNT, {"tenant": self.tenant_id, "code": code})
            if row is not None:
                known[code] = discount(row.body)
                if known[code].once_per_customer and draft.customer_id is not None:
                    if tx.first(_USED, {"tenant": self.tenant_id, "code": code, "customer": draft.customer_id}) is not None:
                        used.add(code)
        return pricing.quote(draft, articles, rules, known, frozenset(used), tx.now_us)

    def _place(self, op_id: str, request: OrderRequest, tx: Transaction) -> Placed:
        # Not of the address: a hash of something so guessable would be as good as the address itself.
        what = [request.order_id, request.expected.amount, draft_json().dump_json(request.draft).decode()]
        digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()
        sold = tx.first(_SOLD, {"tenant": self.tenant_id, "op_id": op_id})
        if sold is not None:
            if sold.digest != digest:
                raise Conflict("This op_id was used for another order.", code="op_id_reused")
            return placed_json().validate_json(sold.body)
        rules = catalogue.rules(tx, self.tenant_id)
        quote = self._priced(tx, request.draft, rules)
        if quote.gone or not quote.lines:
            raise Conflict("Something in the cart is not sold any more.", code="out_of_stock")
        if quote.totals.total != request.expected:
            raise Conflict(f"It costs {quote.totals.total} now.", code="price_changed")
        short = catalogue.take(tx, self.tenant_id, {line.variant_id: line.quantity for line in quote.lines})
        if short is not None:
            at = next(at for at, line in enumerate(request.draft.lines) if line.variant_id == short)
            raise Conflict("There are not enough of it any more.", code="out_of_stock", pointer=f"/lines/{at}")
        self._use_codes(tx, quote, request)
        row = tx.first(_NUMBER, {"tenant": self.tenant_id})
        assert row is not None, "the rules were read above"
        number = f"{rules.number_prefix}{row.next_number - 1}"
        placed = Placed(number, number, quote)
        tx.run(
            _SELL,
            {
                "tenant_id": self.tenant_id,
                "op_id": op_id,
                "ref": number,
                "digest": digest,
                "status": "placed",
                "body": placed_json().dump_json(placed).decode(),
            },
        )
        return placed

    def _use_codes(self, tx: Transaction, quote: Quote, request: OrderRequest) -> None:
        for state in quote.discount_codes:
            if state.applicable and request.draft.customer_id is not None:
                row = tx.first(_DISCOUNT, {"tenant": self.tenant_id, "code": state.code})
                if row is not None and discount(row.body).once_per_customer:
                    values = {"tenant_id": self.tenant_id, "code": state.code, "customer_id": request.draft.customer_id}
                    tx.run(_USE, {**values, "order_id": request.order_id})

    def _cancel(self, ref: str, tx: Transaction) -> None:
        here = (shop_orders.c.tenant_id == self.tenant_id) & (shop_orders.c.ref == ref)
        row = tx.first(select(shop_orders).where(here).with_for_update())
        if row is None:
            raise NotFound("There is no such order.", code="order_unknown")
        if row.status == "cancelled":
            return
        tx.execute(update(shop_orders).where(here).values(status="cancelled"))
        placed = placed_json().validate_json(row.body)
        catalogue.put_back(tx, self.tenant_id, {line.variant_id: line.quantity for line in placed.quote.lines})

    def _known(self, ref: str) -> Finish[None]:
        def finish(tx: Transaction) -> None:
            if tx.first(select(shop_orders.c.ref).where(shop_orders.c.tenant_id == self.tenant_id, shop_orders.c.ref == ref)) is None:
                raise NotFound("There is no such order.", code="order_unknown")

        return finish


@functools.cache
def draft_json() -> TypeAdapter[Draft]:
    """Writes `Draft`."""
    return TypeAdapter(Draft)


@functools.cache
def placed_json() -> TypeAdapter[Placed]:
    """Reads and writes `Placed`."""
    return TypeAdapter(Placed)
