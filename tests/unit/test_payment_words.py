"""The words of the pages around a payment: every state in every language, the browser's language, amounts as its reader writes them."""

import pytest

from signalling.commerce.money import Money
from signalling.commerce.payment_state import State
from signalling.commerce.payment_words import LANGUAGES, WORDS, amount, language, say
from signalling.commerce.providers.sandbox import BUTTONS


def test_every_state_and_every_button_has_words_in_every_language() -> None:
    buttons = {name for of_state in BUTTONS.values() for name in of_state}
    assert {*State, *buttons} <= WORDS.keys()
    for key, words in WORDS.items():
        assert len(words) == len(LANGUAGES) and len({word.strip() for word in words}) == len(LANGUAGES), key


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,en;q=0.3,pl;q=0.8", "pl"),
        ("pt-PT", "pt-BR"),
        ("el;q=0,ro", "ro"),
        ("*", "en"),
        ("de;q=much,pl;q=0.1", "pl"),
        ("," * 100_000 + "de", "en"),
    ],
)
def test_the_browser_chooses_the_language(accepted: str, expected: str) -> None:
    assert language(accepted) == expected


def test_amounts_are_written_as_their_reader_does() -> None:
    assert amount(Money(123456, "EUR"), "en") == "€1,234.56"
    assert amount(Money(123456, "EUR"), "de") == "1.234,56\u00a0€"
    assert amount(Money(5900, "JPY"), "en") == "¥5,900"
    assert "1,234" in amount(Money(1234, "KWD"), "de")


def test_words_are_said_in_the_language() -> None:
    assert say(State.SUCCEEDED, "pl").startswith("Dziękujemy")
