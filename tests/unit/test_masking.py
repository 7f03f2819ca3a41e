"""Card numbers are always masked, whatever stands around them, other numbers never; e-mail addresses are hidden; both in linear time."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.privacy.masking import concealed, mask_cards, mask_emails

# Published test numbers of the card networks.
CARDS = [
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "4222222222222",
]
SEPARATORS = ["", " ", "-", " - ", ".", "\u00a0", "\u2013", "\u200b"]
SCRIPTS = [ord(zero) for zero in "0٠०０"]


def checksum(digits: list[int]) -> int:
    """Luhn's formula as the standard tells it, slowly."""
    total = 0
    for place, digit in enumerate(digits[::-1]):
        total += sum(divmod(digit * 2, 10)) if place % 2 else digit
    return total % 10


@st.composite
def numbers(draw: st.DrawFn, valid: bool) -> list[int]:
    body = draw(st.lists(st.integers(0, 9), min_size=12, max_size=18))
    right = (10 - checksum([*body, 0])) % 10
    return [*body, right if valid else draw(st.integers(0, 9).filter(lambda digit: digit != right))]


@st.composite
def written(draw: st.DrawFn, digits: list[int]) -> str:
    zero, separator = draw(st.sampled_from(SCRIPTS)), draw(st.sampled_from(SEPARATORS))
    size = draw(st.integers(1, 6))
    text = [chr(zero + digit) for digit in digits]
    return separator.join("".join(text[at : at + size]) for at in range(0, len(text), size))


WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=30)


def figures(text: str) -> int:
    return sum(letter.isdecimal() for letter in text)


@given(st.data())
def test_a_card_number_is_always_masked_and_its_last_four_stay(data: st.DataObject) -> None:
    digits = data.draw(numbers(valid=True))
    before, after, card = data.draw(WORDS), data.draw(WORDS), data.draw(written(digits))
    masked = mask_cards(before + card + after)
    assert figures(masked) == 4 and len(masked) == len(before + card + after)
    assert masked.startswith(before) and masked.endswith(after)
    assert [int(letter) for letter in masked if letter.isdecimal()] == digits[-4:]


@given(st.data())
def test_a_number_that_is_no_card_number_stays(data: st.DataObject) -> None:
    digits = data.draw(numbers(valid=False))
    text = data.draw(WORDS) + "".join(map(str, digits)) + data.draw(WORDS)
    assert mask_cards(text) == text


@given(st.data())
def test_numbers_before_a_card_number_do_not_hide_it(data: st.DataObject) -> None:
    card = data.draw(written(data.draw(numbers(valid=True))))
    others = data.draw(st.lists(st.integers(0, 9999).map(str), max_size=4))
    masked = mask_cards(" ".join([*others, card]))
    assert figures(masked[-len(card) :]) <= 4


@pytest.mark.parametrize("card", CARDS)
def test_published_test_numbers_are_masked(card: str) -> None:
    assert mask_cards(f"card {card}, please") == f"card {'•' * (len(card) - 4)}{card[-4:]}, please"


@pytest.mark.parametrize(
    "text", ["", "order 20240317", "+49 170 1234567", "2026-03-01T09:30:00", "12345678901234567890123", "R$ 1.299,90", "411111111111111"]
)
def test_everyday_numbers_stay(text: str) -> None:
    assert mask_cards(text) == text


def test_two_card_numbers_in_a_row_are_both_masked() -> None:
    text = f"{CARDS[0]} {CARDS[1]}"
    assert mask_cards(text) == "••••••••••••1111 ••••••••••••4444"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ana@example.org", "a•••@example.org"),
        ("Write to Ana.Maria+shop@mail.example.co.uk, or bob@x.de.", "Write to A•••@mail.example.co.uk, or b•••@x.de."),
        ("josé@exämple.de", "j•••@exämple.de"),
        ("a@b", "a@b"),
        ("@ana", "@ana"),
        ("5 @ 3.50", "5 @ 3.50"),
        ("a@b.c@d.example", "a@b•••@d.example"),
    ],
)
def test_addresses_are_hidden_and_other_text_stays(text: str, masked: str) -> None:
    assert mask_emails(text) == masked


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    assert len(mask_cards(text)) == len(text)
    assert mask_emails(mask_emails(text)).count("@") == text.count("@")


@pytest.mark.parametrize("piece", ["1 ", "4111 ", "9", "a@", "@", "a.", "a@b.", "1-1\u200b"])
def test_a_large_text_made_to_cost_time_is_done(piece: str) -> None:
    text = piece * (300_000 // len(piece))  # work that grew with the square of it would take hours
    assert len(mask_cards(text)) == len(text)
    assert mask_emails(text).count("@") == text.count("@")


def test_texts_are_concealed_wherever_they_are_in_a_body() -> None:
    body = {"text": "ana@x.org", "list": [{"email": "ana@x.org"}, 4], "ana@x.org": None}
    assert json.loads(json.dumps(concealed(body, mask_emails))) == {
        "text": "a•••@x.org",
        "list": [{"email": "a•••@x.org"}, 4],
        "ana@x.org": None,
    }
