"""Shops, catalogue, carts, orders; payments at the end."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from signalling.store.tables.base import metadata, sealed

shops = Table(
    "shops",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # which adapter
    Column("config", LargeBinary, nullable=False, info=sealed("shops/{kind}")),  # JSON
    Column("updated_at_us", BigInteger, nullable=False),
)

# The embedded shop's own: rules, products, variants, discounts.

shop_rules = Table(
    "shop_rules",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("body", Text, nullable=False),  # JSON of `commerce.shops.rules.Rules`
    Column("next_number", BigInteger, nullable=False),  # of the next order
)

products = Table(
    "products",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("words", Text, nullable=False),  # what a search looks through, case-folded
    Column("body", Text, nullable=False),  # JSON
    Index(None, "tenant_id", "category", "position"),
)

variants = Table(
    "variants",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("product_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("updated_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "sku"),
    Index(None, "tenant_id", "product_id"),
    CheckConstraint("available >= 0", name="available"),  # whatever goes wrong, nothing is sold that there is not
)

discounts = Table(
    "discounts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("code", Text, primary_key=True),  # upper case
    Column("body", Text, nullable=False),  # JSON of `commerce.shops.rules.Discount`
)

discount_uses = Table(
    "discount_uses",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
)

# What the embedded shop has sold, as any shop keeps it for itself: what goes back into stock when an order is cancelled.
shop_orders = Table(
    "shop_orders",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("op_id", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Text, nullable=False),  # placed | cancelled
    Column("body", Text, nullable=False),  # JSON of `commerce.shop.Placed`
    UniqueConstraint("tenant_id", "ref"),
)

# Carts, whatever the shop.

carts = Table(
    "carts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("customer_id", Text),  # None: made by the shop for somebody who has not shown up yet
    Column("status", Text, nullable=False),  # open | placing | ordered | abandoned
    Column("step", Text, nullable=False),
    Column("wished_shipping", Text),  # the option that was chosen, offered at the moment or not
    Column("body", LargeBinary, nullable=False, info=sealed("carts/{id}")),  # JSON of `commerce.cart.Cart`
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "customer_id", "updated_at_us"),
)

cart_operations = Table(
    "cart_operations",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("cart_id", Text, primary_key=True),
    Column("op_id", Text, primary_key=True),
    Column("version", BigInteger),  # that it made; None: it was a conflict
    Column("digest", Text, nullable=False),  # of what was asked for, to tell a repetition from another operation
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed("cart_operations/{cart_id}/{op_id}")),  # JSON: what it touched, and the answer
    Column("at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "cart_id", "version"),
)

cart_suggestions = Table(
    "cart_suggestions",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("cart_id", Text, nullable=False),
    Column("op_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rep_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # pending | accepted | refused | withdrawn
    Column("body", LargeBinary, nullable=False, info=sealed("cart_suggestions/{id}")),  # JSON: the operation, who suggests it, why
    Column("created_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "cart_id", "op_id"),
    Index(None, "tenant_id", "conversation_id", "status"),
)

orders = Table(
    "orders",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("ref", Text, nullable=False),  # how the shop names it
    Column("cart_id", Text, nullable=False),
    Column("customer_id", Text),
    Column("financial_status", Text, nullable=False),
    Column("fulfillment_status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed("orders/{id}")),  # JSON of `commerce.order.Order`
    Column("placed_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "number"),
    UniqueConstraint("tenant_id", "cart_id"),
    UniqueConstraint("tenant_id", "ref"),
    Index(None, "tenant_id", "customer_id", "placed_at_us"),
    Index(None, "tenant_id", "placed_at_us"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("op_id", Text, primary_key=True),  # what was done once is not done again
    Column("digest", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

order_returns = Table(
    "order_returns",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed("order_returns/{id}")),  # JSON: lines, reason
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    Index(None, "tenant_id", "order_id"),
)

# What a remote shop must still be told: kept until it has answered, so that a crash in between loses nothing.
shop_errands = Table(
    "shop_errands",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("op_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # place | paid | refunded
    Column("order_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info=sealed("shop_errands/{op_id}")),  # JSON
    Column("attempts", Integer, nullable=False),
    Column("due_at_us", BigInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Index(None, "due_at_us"),
)
