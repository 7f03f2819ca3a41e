"""The catalogue: products with present prices, stock and delivery options, each with who told it and when."""

from typing import Annotated

from pydantic import BaseModel, Field

from mediaserver.errors import Conflict
from signalling.api.models import Body, Locale
from signalling.api.operation import Context, Operations
from signalling.api.routes.carts import Country, Currency, Postcode, Quantity, ShopId
from signalling.commerce import catalogue
from signalling.commerce.money import AMOUNT_MOST
from signalling.commerce.offer import DeliveryOption, Destination, Draft, Product, Search, Sort, Stock, Wanted
from signalling.commerce.shop import EMBEDDED, connected
from signalling.identity.caller import ADMINS, ANYBODY, Caller
from signalling.store import Transaction

operations = Operations("Catalogue")

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MOST, description="Minor units of `currency`.")]


class SearchQuery(Body):
    """What to look for."""

    text: str = Field(default="", max_length=200, description="Every word must occur.")
    category: str | None = Field(default=None, max_length=80)
    price_least: Amount | None = None
    price_most: Amount | None = None
    in_stock: bool = False
    sort: Sort = "relevance"
    currency: Currency = "EUR"
    locale: Locale = "en"
    limit: int = Field(default=24, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=512)


class ProductQuery(Body):
    """How to tell it."""

    currency: Currency = "EUR"
    locale: Locale = "en"


class DeliveryQuery(Body):
    """Of what, and where to."""

    quantity: Quantity = 1
    country: Country
    postcode: Postcode = ""
    currency: Currency = "EUR"
    locale: Locale = "en"


class StockBody(Body):
    """A count."""

    available: int = Field(ge=0, le=catalogue.AVAILABLE_MOST)
    expected: int | None = Field(default=None, ge=0, le=catalogue.AVAILABLE_MOST, description="Only if there are so many now.")


class Products(BaseModel):
    """A page of products."""

    data: list[Product]
    next_cursor: str | None = None
    has_more: bool = False


class DeliveryOptions(BaseModel):
    """The cheapest first; none where the shop does not deliver."""

    data: list[DeliveryOption]


@operations.add("product.search", "GET", "/v1/products", roles=ANYBODY)
async def search(context: Context, query: SearchQuery) -> Products:
    """Looks for products by words, category and price."""
    shop = await context.services.shops.of(context.tenant_id)
    found = await shop.search(Search(**query.model_dump()))
    return Products(data=list(found.products), next_cursor=found.next_cursor, has_more=found.next_cursor is not None)


@operations.add("product.read", "GET", "/v1/products/{product_id}", roles=ANYBODY)
async def read(context: Context, product_id: ShopId, query: ProductQuery) -> Product:
    """A product, with present prices and stock of its variants."""
    shop = await context.services.shops.of(context.tenant_id)
    return await shop.product(product_id, query.currency, query.locale)


@operations.add("variant.delivery", "GET", "/v1/variants/{variant_id}/delivery", roles=ANYBODY)
async def delivery(context: Context, variant_id: ShopId, query: DeliveryQuery) -> DeliveryOptions:
    """A delivery quote: the ways to bring pieces of a variant to a place, with days and prices."""
    shop = await context.services.shops.of(context.tenant_id)
    wanted = (Wanted("line_quoted", variant_id, query.quantity),)
    there = Destination(query.country, query.postcode)
    draft = Draft(query.currency, query.locale, None, wanted, destination=there)
    return DeliveryOptions(data=list(await shop.delivery(draft)))


@operations.add("variant.set_stock", "PUT", "/v1/variants/{variant_id}/stock", roles=ADMINS)
async def set_stock(context: Context, variant_id: ShopId, body: StockBody) -> Stock:
    """For the shop's back office: how many pieces of a variant there are to sell. Only where the shop is kept here."""
    return await context.write(_set_stock, context.caller, variant_id, body.available, body.expected)


def _set_stock(tx: Transaction, caller: Caller, variant_id: str, available: int, expected: int | None) -> Stock:
    if connected(tx, caller.tenant_id)[0] != EMBEDDED:
        raise Conflict("This shop keeps its stock itself.", code="shop_elsewhere")
    return catalogue.set_stock(tx, caller.tenant_id, variant_id, available, expected)
