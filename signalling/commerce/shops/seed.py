"""Fills a tenant's embedded shop with the demo's goods, rules and codes (`goods.toml`). For `tresen demo`, tests and benchmarks.

Invariant: `seed` may be repeated; it leaves a catalogue that is there alone, sold-out stock included.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from sqlalchemy import insert, select

from signalling.commerce.catalogue import Goods, Kind, goods_json, kind_json
from signalling.commerce.shops.pricing import STANDARD
from signalling.commerce.shops.rules import Discount, Rules, discount_json, rules_json
from signalling.store import Transaction
from signalling.store.tables.commerce import discounts, products, shop_rules, variants
from signalling.times import from_datetime

FIRST_NUMBER = 10_001


def seed(tx: Transaction, tenant_id: str) -> bool:
    """A work: the demo's catalogue for this tenant. False, and nothing changed, where there is a catalogue already."""
    if tx.first(select(shop_rules.c.tenant_id).where(shop_rules.c.tenant_id == tenant_id)) is not None:
        return False
    data = tomllib.loads(resources.files(__package__).joinpath("goods.toml").read_text("utf-8"))
    rules = rules_json().validate_python(data["shop"])
    put_rules(tx, tenant_id, rules)
    for number, goods in enumerate(data["product"]):
        _put_product(tx, tenant_id, number, goods)
    for code in data["discount"]:
        starts, ends = code.pop("starts", None), code.pop("ends", None)
        times = {"starts_us": starts and from_datetime(starts), "ends_us": ends and from_datetime(ends)}
        made = discount_json().validate_python({**code, **times})
        put_discount(tx, tenant_id, made)
    return True


def put_rules(tx: Transaction, tenant_id: str, rules: Rules) -> None:
    """A work: a new embedded shop with these rules."""
    tx.execute(insert(shop_rules).values(tenant_id=tenant_id, body=rules_json().dump_json(rules).decode(), next_number=FIRST_NUMBER))


def put_discount(tx: Transaction, tenant_id: str, discount: Discount) -> None:
    """A work: a new discount code."""
    body = discount_json().dump_json(discount).decode()
    tx.execute(insert(discounts).values(tenant_id=tenant_id, code=discount.code, body=body))


def _put_product(tx: Transaction, tenant_id: str, number: int, given: Mapping[str, Any]) -> None:
    image = f"/shop/images/{given['variants'][0]['sku']}.svg"
    goods = Goods(given["title"], given["text"], given["brand"], image)
    words = [*given["title"].values(), *given["text"].values(), given["brand"], given["category"]]
    words += [variant["sku"] for variant in given["variants"]]
    tx.execute(
        insert(products).values(
            tenant_id=tenant_id,
            id=given["id"],
            position=number,
            category=given["category"],
            words=" ".join(words).casefold(),
            body=goods_json().dump_json(goods).decode(),
        )
    )
    for variant in given["variants"]:
        title = {language: f"{given['title'][language]}, {name}" for language, name in variant["title"].items()}
        kind = Kind(
            title=title if len(given["variants"]) > 1 else given["title"],
            name=variant["title"],
            category=given["category"],
            prices=variant["prices"],
            tax_class=given.get("tax_class", STANDARD),
            grams=variant["grams"],
            attributes=variant["attributes"],
            image_url=f"/shop/images/{variant['sku']}.svg",
            compare_at=variant.get("was", {}),
        )
        tx.execute(
            insert(variants).values(
                tenant_id=tenant_id,
                id=variant["sku"],
                product_id=given["id"],
                sku=variant["sku"],
                available=variant["stock"],
                body=kind_json().dump_json(kind).decode(),
                updated_at_us=tx.now_us,
            )
        )
