"""What a cart costs in the embedded shop: a pure function of the draft, the shop's rules and the time.

How it is computed, in this order; every sum is that of its parts (see `money`):

1. A line costs price times quantity; the subtotal is their sum.
2. Discounts. A percentage is taken of all lines it counts for at once, rounded half away from zero, and spread over them by largest
   remainder; a fixed amount, never more than they cost, is spread the same way. Of several such codes the one that gives most counts (of
   equal ones the first by name); free shipping goes with any.
3. Delivery by weight, country and postcode; free from a threshold on what the goods cost after the discount.
4. Tax, for each line by the destination's rate for its class (the shop's own country while there is none), rounded half away from zero per
   line, on what the line costs after the discount; on delivery at the standard rate. Contained in prices, or on top, as the rules say.

Invariants: `Quote.faults` finds none; the order in which lines and codes were added changes no amount but where a remainder goes.
"""

from collections.abc import Mapping

from mediaserver.errors import Unprocessable
from signalling.commerce.money import Money, allocate, portion
from signalling.commerce.offer import CodeState, DeliveryOption, Destination, Draft, PricedLine, Quote, Totals
from signalling.commerce.shops.rules import Article, DeliveryRule, Discount, Rules, said
from signalling.times import rfc3339

SOURCE = "demo"
STANDARD = "standard"
WHOLE = 10_000  # basis points


def quote(
    draft: Draft,
    articles: Mapping[str, Article],
    rules: Rules,
    discounts: Mapping[str, Discount],
    used: frozenset[str],
    now_us: int,
) -> Quote:
    """`articles` by variant id, `discounts` by code: those there are. `used`: codes this customer has used up. Unprocessable for a
    currency the shop does not sell in.
    """
    require_currency(draft.currency, rules)
    lines = [(line, articles[line.variant_id]) for line in draft.lines if _sold(articles.get(line.variant_id), draft.currency)]
    gone = tuple(line.line_id for line in draft.lines if not _sold(articles.get(line.variant_id), draft.currency))
    gross = [Money(article.prices[draft.currency], draft.currency).amount * line.quantity for line, article in lines]
    subtotal = Money(sum(gross), draft.currency)

    codes, off, free = _discounts(draft, [article.category for _, article in lines], gross, discounts, used, now_us)
    net = [cost - less for cost, less in zip(gross, off, strict=True)]
    options = delivery(draft, sum(article.grams * line.quantity for line, article in lines), sum(net), rules, now_us, free=free)
    selected = next((option for option in options if option.id == draft.selected_shipping), None)
    shipping = selected.price if selected is not None else Money(0, draft.currency)

    country = draft.destination.country if draft.destination is not None else rules.home
    rates = rules.taxes.get(country, rules.taxes[rules.home])
    taxes = [_tax(cost, rates[article.tax_class], rules) for cost, (_, article) in zip(net, lines, strict=True)]
    tax = sum(taxes) + _tax(shipping.amount, rates[STANDARD], rules)
    on_top = 0 if rules.taxes_included else 1

    def money(amount: int) -> Money:
        return Money(amount, draft.currency)

    return Quote(
        lines=tuple(
            PricedLine(
                line_id=line.line_id,
                product_id=article.product_id,
                variant_id=article.id,
                sku=article.sku,
                title=said(article.title, draft.locale),
                quantity=line.quantity,
                unit_price=money(article.prices[draft.currency]),
                discount_total=money(off[at]),
                tax_total=money(taxes[at]),
                total=money(net[at] + on_top * taxes[at]),
                image_url=article.image_url,
                attributes=article.attributes,
                available=article.available,
            )
            for at, (line, article) in enumerate(lines)
        ),
        totals=Totals(subtotal, money(sum(off)), shipping, money(tax), money(sum(net) + shipping.amount + on_top * tax)),
        taxes_included=rules.taxes_included,
        source=SOURCE,
        at=rfc3339(now_us),
        discount_codes=tuple(CodeState(code, reason is None, reason) for code, reason in codes),
        shipping_options=options,
        selected_shipping=selected.id if selected is not None else None,
        gone=gone,
    )


def delivery(draft: Draft, grams: int, goods: int, rules: Rules, now_us: int, *, free: bool = False) -> tuple[DeliveryOption, ...]:
    """The ways there for goods of this weight and cost, the cheapest first; none while nobody has said where to. `free`: by a code."""
    if draft.destination is None or not draft.lines:
        return ()
    found = []
    for rule in rules.delivery:
        price = _carriage(rule, draft.destination, draft.currency, grams)
        if price is None:
            continue
        threshold = rule.free_from.get(draft.currency)
        costs_nothing = free or (threshold is not None and goods >= threshold)
        late = rule.remote.extra_days if rule.remote is not None and _is_remote(rule, draft.destination) else 0
        found.append(
            DeliveryOption(
                id=rule.id,
                title=said(rule.title, draft.locale),
                price=Money(0 if costs_nothing else price, draft.currency),
                days_least=rule.days_least + late,
                days_most=rule.days_most + late,
                source=SOURCE,
                at=rfc3339(now_us),
            )
        )
    return tuple(sorted(found, key=lambda option: (option.price.amount, option.days_most, option.id)))


def require_currency(currency: str, rules: Rules) -> None:
    """Unprocessable for one the shop does not sell in."""
    if currency not in rules.currencies:
        raise Unprocessable(f"This shop sells in {', '.join(rules.currencies)}.", code="currency_unsupported", pointer="/currency")


def _sold(article: Article | None, currency: str) -> bool:
    return article is not None and currency in article.prices


def _discounts(
    draft: Draft, categories: list[str], gross: list[int], discounts: Mapping[str, Discount], used: frozenset[str], now_us: int
) -> tuple[list[tuple[str, str | None]], list[int], bool]:
    """(code and why it does not count, each), how much is off each line, and whether delivery is free."""
    codes: list[tuple[str, str | None]] = []
    best: tuple[int, str, list[int]] | None = None
    free = False
    for code in draft.discount_codes:
        discount = discounts.get(code)
        counts = [discount is not None and (not discount.categories or each in discount.categories) for each in categories]
        eligible = [cost if count else 0 for cost, count in zip(gross, counts, strict=True)]
        reason = _obstacle(discount, sum(eligible), draft, used, now_us)
        codes.append((code, reason))
        if reason is not None or discount is None:
            continue
        if discount.kind == "free_shipping":
            free = True
            continue
        off = portion(sum(eligible), discount.rate, WHOLE) if discount.kind == "percentage" else discount.amounts[draft.currency]
        off = min(off, sum(eligible))
        if off and (best is None or (-off, code) < (-best[0], best[1])):
            best = (off, code, allocate(off, eligible))
    if best is None:
        return codes, [0] * len(gross), free
    money_codes = {code for code, _ in codes if (found := discounts.get(code)) is not None and found.kind != "free_shipping"}
    codes = [(code, reason or ("not_combinable" if code in money_codes and code != best[1] else None)) for code, reason in codes]
    return codes, best[2], free


def _obstacle(discount: Discount | None, eligible: int, draft: Draft, used: frozenset[str], now_us: int) -> str | None:
    if discount is None:
        return "unknown"
    if discount.starts_us is not None and now_us < discount.starts_us:
        return "not_started"
    if discount.ends_us is not None and now_us >= discount.ends_us:
        return "expired"
    if discount.code in used:
        return "used"
    if discount.kind == "fixed" and draft.currency not in discount.amounts:
        return "currency"
    if discount.least and draft.currency not in discount.least:
        return "currency"
    if eligible < discount.least.get(draft.currency, 0) or not eligible:
        return "minimum"
    return None


def _carriage(rule: DeliveryRule, destination: Destination, currency: str, grams: int) -> int | None:
    if destination.country not in rule.countries:
        return None
    for most, price in rule.steps:
        if grams <= most:
            if currency not in price:
                return None
            surcharge = rule.remote.surcharge.get(currency, 0) if rule.remote is not None and _is_remote(rule, destination) else 0
            return price[currency] + surcharge
    return None


def _is_remote(rule: DeliveryRule, destination: Destination) -> bool:
    postcode = destination.postcode.replace(" ", "").replace("-", "").upper()
    return rule.remote is not None and (destination.country + postcode).startswith(rule.remote.prefixes)


def _tax(amount: int, rate: int, rules: Rules) -> int:
    return portion(amount, rate, WHOLE + rate) if rules.taxes_included else portion(amount, rate, WHOLE)
