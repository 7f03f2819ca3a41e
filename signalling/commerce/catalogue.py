"""The embedded shop's catalogue: products, variants and their stock, as works on our own store.

For `shops.demo` and the back office. Made for a shop of some thousand products; a larger one has a shop system of its own and is attached.
Invariant: stock never goes below zero, whoever takes from it at once.
"""

import base64
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select, update

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.commerce.money import Money
from signalling.commerce.offer import Found, Price, Product, Search, Stock, Variant
from signalling.commerce.shops.pricing import SOURCE, require_currency
from signalling.commerce.shops.rules import Amounts, Article, Rules, Texts, said
from signalling.commerce.shops.rules import rules as parsed_rules
from signalling.store import Transaction, prepared
from signalling.store.tables.commerce import products, shop_rules, variants
from signalling.times import rfc3339

# More than anybody looks through; a search that matches more asks for better words.
MATCHES_MOST = 1000
AVAILABLE_MOST = 1_000_000_000

_RULES = prepared(select(shop_rules.c.body).where(shop_rules.c.tenant_id == bindparam("tenant")))
_VARIANT = prepared(select(variants).where(variants.c.tenant_id == bindparam("tenant"), variants.c.id == bindparam("variant")))
_OF_PRODUCT = prepared(
    select(variants)
    .where(variants.c.tenant_id == bindparam("tenant"), variants.c.product_id == bindparam("product"))
    .order_by(variants.c.id)
)
_PRODUCT = prepared(select(products).where(products.c.tenant_id == bindparam("tenant"), products.c.id == bindparam("product")))
_TAKE = prepared(
    update(variants)
    .where(variants.c.tenant_id == bindparam("tenant"), variants.c.id == bindparam("variant"), variants.c.available >= bindparam("least"))
    .values(available=variants.c.available - bindparam("pieces"), updated_at_us=bindparam("now_us"))
)
_PUT_BACK = prepared(
    update(variants)
    .where(variants.c.tenant_id == bindparam("tenant"), variants.c.id == bindparam("variant"))
    .values(available=variants.c.available + bindparam("pieces"), updated_at_us=bindparam("now_us"))
)


@dataclass(frozen=True, slots=True)
class Goods:
    """A product as it is kept; its variants are kept apart."""

    title: Texts
    text: Texts
    brand: str = ""
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A variant as it is kept: an `Article` without what may change by the minute."""

    title: Texts  # as a cart shows it
    name: Texts  # as the product's page shows it
    category: str
    prices: Amounts
    tax_class: str
    grams: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str | None = None
    compare_at: Amounts = field(default_factory=dict)


@functools.cache
def goods_json() -> TypeAdapter[Goods]:
    """Reads and writes `Goods`."""
    return TypeAdapter(Goods)


@functools.cache
def kind_json() -> TypeAdapter[Kind]:
    """Reads and writes `Kind`."""
    return TypeAdapter(Kind)


# What is read at every price, and changes rarely: kept by its content.
@functools.lru_cache(maxsize=8192)
def _kind(body: str) -> Kind:
    return kind_json().validate_json(body)


def rules(tx: Transaction, tenant_id: str) -> Rules:
    """The shop's rules. NotFound where this tenant has no embedded shop."""
    row = tx.first(_RULES, {"tenant": tenant_id})
    if row is None:
        raise NotFound("This shop has no catalogue yet.", code="no_catalogue")
    return parsed_rules(row.body)


def articles(tx: Transaction, tenant_id: str, variant_ids: Sequence[str]) -> dict[str, Article]:
    """The variants there are, by id."""
    found = {}
    for variant_id in variant_ids:
        row = tx.first(_VARIANT, {"tenant": tenant_id, "variant": variant_id})
        if row is not None:
            kind = _kind(row.body)
            found[variant_id] = Article(
                id=row.id,
                product_id=row.product_id,
                sku=row.sku,
                title=kind.title,
                category=kind.category,
                prices=kind.prices,
                tax_class=kind.tax_class,
                grams=kind.grams,
                attributes=kind.attributes,
                image_url=kind.image_url,
                available=row.available,
                compare_at=kind.compare_at,
            )
    return found


def take(tx: Transaction, tenant_id: str, pieces: Mapping[str, int]) -> str | None:
    """Takes pieces of variants out of stock; the first variant of which there are not enough, or None. In one order everywhere, so that two
    buyers of the same things do not wait for each other in a circle. Some may have been taken when it fails: raise then.
    """
    for variant_id in sorted(pieces):
        count = pieces[variant_id]
        taken = tx.run(_TAKE, {"tenant": tenant_id, "variant": variant_id, "least": count, "pieces": count, "now_us": tx.now_us})
        if taken != 1:
            return variant_id
    return None


def put_back(tx: Transaction, tenant_id: str, pieces: Mapping[str, int]) -> None:
    """The other way. Variants that are gone stay gone."""
    for variant_id in sorted(pieces):
        tx.run(_PUT_BACK, {"tenant": tenant_id, "variant": variant_id, "pieces": pieces[variant_id], "now_us": tx.now_us})


def set_stock(tx: Transaction, tenant_id: str, variant_id: str, available: int, expected: int | None = None) -> Stock:
    """A work: the shop has counted. `expected`: only if there are so many now (Conflict `stock_changed`), as orders come in meanwhile."""
    row = tx.first(select(variants.c.available).where(variants.c.tenant_id == tenant_id, variants.c.id == variant_id).with_for_update())
    if row is None:
        raise NotFound("There is no such variant.")
    if expected is not None and row.available != expected:
        raise Conflict(f"There are {row.available} now.", code="stock_changed")
    tx.execute(
        update(variants)
        .where(variants.c.tenant_id == tenant_id, variants.c.id == variant_id)
        .values(available=available, updated_at_us=tx.now_us)
    )
    return _stock(available, rules(tx, tenant_id), tx.now_us)


def product(tx: Transaction, tenant_id: str, product_id: str, currency: str, locale: str) -> Product:
    """A work: one product with present prices and stock. NotFound; Unprocessable for a currency the shop does not sell in."""
    ours = rules(tx, tenant_id)
    require_currency(currency, ours)
    row = tx.first(_PRODUCT, {"tenant": tenant_id, "product": product_id})
    found = _product(tx, tenant_id, row.id, row.category, row.body, ours, currency, locale) if row is not None else None
    if found is None:
        raise NotFound("There is no such product.", code="product_unknown")
    return found


def search(tx: Transaction, tenant_id: str, wanted: Search) -> Found:
    """A work: see `shop.Shop.search`. Every word must occur; words of the title count most."""
    ours = rules(tx, tenant_id)
    require_currency(wanted.currency, ours)
    offset = _offset(wanted.cursor)
    words = wanted.text.casefold().split()
    matching = select(products).where(products.c.tenant_id == tenant_id)
    if wanted.category is not None:
        matching = matching.where(products.c.category == wanted.category)
    for word in words:
        matching = matching.where(products.c.words.contains(word, autoescape=True))
    found = []
    for row in tx.all(matching.order_by(products.c.position).limit(MATCHES_MOST)):
        made = _product(tx, tenant_id, row.id, row.category, row.body, ours, wanted.currency, wanted.locale)
        if made is None:
            continue
        least = _cheapest(made)
        if least < (wanted.price_least or 0) or (wanted.price_most is not None and least > wanted.price_most):
            continue
        if wanted.in_stock and all(each.stock.status == "out_of_stock" for each in made.variants):
            continue
        found.append(made)
    match wanted.sort:
        case "price":
            found.sort(key=_cheapest)
        case "-price":
            found.sort(key=lambda made: -_cheapest(made))
        case "title":
            found.sort(key=lambda made: made.title.casefold())
        case "relevance":
            found.sort(key=lambda made: -sum(word in made.title.casefold() for word in words))
    page = found[offset : offset + wanted.limit]
    more = offset + wanted.limit < len(found)
    return Found(tuple(page), base64.urlsafe_b64encode(str(offset + wanted.limit).encode()).decode() if more else None)


def _product(
    tx: Transaction, tenant_id: str, product_id: str, category: str, body: str, ours: Rules, currency: str, locale: str
) -> Product | None:
    goods = goods_json().validate_json(body)
    at = rfc3339(tx.now_us)
    made = []
    for row in tx.all(_OF_PRODUCT, {"tenant": tenant_id, "product": product_id}):
        kind = _kind(row.body)
        if currency in kind.prices:
            before = Money(kind.compare_at[currency], currency) if currency in kind.compare_at else None
            price = Price(Money(kind.prices[currency], currency), ours.taxes_included, SOURCE, at, before)
            stock = _stock(row.available, ours, tx.now_us)
            made.append(Variant(row.id, row.sku, said(kind.name, locale), price, stock, kind.attributes, kind.image_url))
    if not made:
        return None
    return Product(
        product_id, said(goods.title, locale), said(goods.text, locale), category, tuple(made), brand=goods.brand, image_url=goods.image_url
    )


def _cheapest(made: Product) -> int:
    return min(each.price.money.amount for each in made.variants)


def _stock(available: int, ours: Rules, now_us: int) -> Stock:
    status = "out_of_stock" if available == 0 else "low" if available <= ours.low_stock else "in_stock"
    return Stock(status, available, SOURCE, rfc3339(now_us))  # type: ignore[arg-type]  # one of the three


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        offset = int(base64.urlsafe_b64decode(cursor.encode()).decode("ascii"))
    except ValueError:
        offset = -1
    if not 0 <= offset <= MATCHES_MOST:
        raise Unprocessable("This cursor is not from here.", code="cursor", pointer="/query/cursor")
    return offset
