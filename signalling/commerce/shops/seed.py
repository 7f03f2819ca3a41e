"""Fills a tenant's embedded shop with the demo's goods, rules and codes (`goods.toml`). For `tresen demo`, tests and benchmarks.

Invariant: `seed` may be repeated; it leaves a catalogue that is there alone, sold-out stock included.
"""

import tomllib
from collections.abc import Mapping, Sequence
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
    made = [_product(tenant_id, number, goods, tx.now_us) for number, goods in enumerate(data["product"])]
    tx.execute(insert(products), [product for product, _ in made])
    tx.execute(insert(variants), [variant for _, kinds in made for variant in kinds])
    codes = []
    for code in data["discount"]:
        starts, ends = code.pop("starts", None), code.pop("ends", None)
        times = {"starts_us": starts and from_datetime(starts), "ends_us": ends and from_datetime(ends)}
        codes.append(discount_json().validate_python({**code, **times}))
    put_discounts(tx, tenant_id, codes)
    return True


def put_rules(tx: Transaction, tenant_id: str, rules: Rules) -> None:
    """A work: a new embedded shop with these rules."""
    tx.execute(insert(shop_rules).values(tenant_id=tenant_id, body=rules_json().dump_json(rules).decode(), next_number=FIRST_NUMBER))


def put_discounts(tx: Transaction, tenant_id: str, made: Sequence[Discount]) -> None:
    """A work: new discount codes."""
    rows = [{"tenant_id": tenant_id, "code": each.code, "body": discount_json().dump_json(each).decode()} for each in made]
    tx.execute(insert(discounts), rows)


def _product(tenant_id: str, number: int, given: Mapping[str, Any], now_us: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of a product and its variants."""
    goods = Goods(given["title"], given["text"], given["brand"], f"/shop/images/{given['variants'][0]['sku']}.svg")
    words = [*given["title"].values(), *given["text"].values(), given["brand"], given["category"]]
    words += [variant["sku"] for variant in given["variants"]]
    product = {
        "tenant_id": tenant_id,
        "id": given["id"],
        "position": number,
        "category": given["category"],
        "words": " ".join(words).casefold(),
        "body": goods_json().dump_json(goods).decode(),
    }
    kinds = []
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
        kinds.append(
            {
                "tenant_id": tenant_id,
                "id": variant["sku"],
                "product_id": given["id"],
                "sku": variant["sku"],
                "available": variant["stock"],
                "body": kind_json().dump_json(kind).decode(),
                "updated_at_us": now_us,
            }
        )
    return product, kinds
