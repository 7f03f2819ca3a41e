"""What people must not see or keep: card numbers, taken out before a text is stored, and e-mail addresses, hidden when it is read.

    stored = mask_cards("my card is 4111 1111 1111 1111")     # "my card is •••• •••• •••• 1111"
    shown = mask_emails("ana@example.org")                    # "a•••@example.org"

For chat (before storing) and for whoever shows a timeline to a role that the tenant has chosen to mask for (`concealed`). Pure, and
linear in the length of the text. A card number is 13 to 19 decimal digits of any script (ISO/IEC 7812-1), whole groups of digits with
up to three separators between two of them, that satisfies Luhn's formula (ISO/IEC 7812-1 annex B). PCI DSS 3.4.1 lets the last four
digits be shown.

Invariants: digits that are no such number stay as they are; `mask_cards` never changes a text's length. One in ten other numbers of
this length satisfies the formula by chance (every IMEI does) and is masked as well: rather that than a card number in the database.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

DIGITS_MIN, DIGITS_MAX = 13, 19
SHOWN = 4
MASK = "•"
_GROUP = re.compile(r"\d+")
# Spaces, dashes, dots, slashes and what cannot be seen; a line's end separates numbers.
_SEPARATORS = frozenset(
    " \t-._/|\u00b7\u2212\ufe63\uff0d"
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
    "\u00ad\u200b\u200c\u200d\u2060\ufeff"
    "\u2010\u2011\u2012\u2013\u2014\u2015"
)
SEPARATORS_MOST = 3
# RFC 5321 section 4.5.3.1.
LOCAL_MOST, DOMAIN_MOST = 64, 255
_LOCAL = frozenset("!#$%&'*+/=?^_`{|}~.-")
_TOP = re.compile(r"[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59}", re.IGNORECASE)


def mask_cards(text: str) -> str:
    """The text with every digit of a card number but the last four replaced. As it was where there is none."""
    groups = [(found.start(), found.end()) for found in _GROUP.finditer(text)]
    if sum(end - start for start, end in groups) < DIGITS_MIN:
        return text
    hidden: list[int] = []  # places in the text
    for chain in _chains(text, groups):
        hidden += _hidden(text, chain)
    if not hidden:
        return text
    letters = list(text)
    for place in hidden:
        letters[place] = MASK
    return "".join(letters)


def mask_emails(text: str) -> str:
    """The text with the names of e-mail addresses hidden but for the first letter."""
    made, done = [], 0
    at = text.find("@")
    while at >= 0:
        start = at
        while start > max(done, at - LOCAL_MOST) and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
            start -= 1
        if start < at and _is_domain(text, at + 1):
            made.append(text[done : start + 1] + MASK * 3)
            done = at
        at = text.find("@", at + 1)
    return "".join(made) + text[done:] if made else text


def concealed(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with `change` applied to every text in it; names of fields stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: concealed(each, change) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [concealed(each, change) for each in value]
    return value


def _chains(text: str, groups: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The groups of digits, put together where only a few separators are between."""
    chains: list[list[tuple[int, int]]] = []
    for start, end in groups:
        if chains and start - chains[-1][-1][1] <= SEPARATORS_MOST and _SEPARATORS.issuperset(text[chains[-1][-1][1] : start]):
            chains[-1].append((start, end))
        else:
            chains.append([(start, end)])
    return chains


def _hidden(text: str, chain: Sequence[tuple[int, int]]) -> list[int]:
    """The places to hide in a chain of groups: every run of groups that is a card number, but for the last four of those that overlap."""
    bounds, sums = _sums(text, chain)
    runs: list[list[int]] = []
    for first in range(len(chain)):
        for last in range(first + 1, len(chain) + 1):
            length = bounds[last] - bounds[first]
            if length > DIGITS_MAX:
                break
            if length >= DIGITS_MIN:
                doubled = sums[bounds[last] % 2]
                if (doubled[bounds[last]] - doubled[bounds[first]]) % 10 == 0:
                    if runs and first < runs[-1][1]:
                        runs[-1][1] = max(runs[-1][1], last)
                    else:
                        runs.append([first, last])
    hidden: list[int] = []
    for first, last in runs:
        hidden += [place for start, end in chain[first:last] for place in range(start, end)][:-SHOWN]
    return hidden


def _sums(text: str, chain: Sequence[tuple[int, int]]) -> tuple[list[int], tuple[list[int], list[int]]]:
    """Where each group begins, counted in digits; and running sums of Luhn's formula for numbers that end after an even and after an odd
    count of digits, so that each candidate costs one subtraction."""
    bounds, even, odd = [0], [0], [0]
    for start, end in chain:
        for place in range(start, end):
            digit = int(text[place])
            doubled = digit * 2 - 9 if digit > 4 else digit * 2
            first = len(even) % 2 == 1  # whether an even count stands before this digit
            even.append(even[-1] + (doubled if first else digit))
            odd.append(odd[-1] + (digit if first else doubled))
        bounds.append(len(even) - 1)
    return bounds, (even, odd)


def _is_domain(text: str, start: int) -> bool:
    end = start
    while end < min(len(text), start + DOMAIN_MOST) and (text[end].isalnum() or text[end] in ".-"):
        end += 1
    labels = text[start:end].rstrip(".-").split(".")
    return len(labels) > 1 and all(label and not label.startswith("-") for label in labels) and _TOP.fullmatch(labels[-1]) is not None
