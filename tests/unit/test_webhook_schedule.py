"""When a webhook is tried again, and what signs it."""

import time

import pytest
import standardwebhooks
import svix
from hypothesis import given
from hypothesis import strategies as st

from signalling import webhooks
from signalling.times import SECOND_US

NOW_US = 1_772_000_000 * SECOND_US


def test_the_schedule_spans_seventy_five_hours_in_ten_attempts() -> None:
    at_us, attempts = 0, 1
    while (following := webhooks.retry_at_us(attempts, at_us, None, chance=0.0)) is not None:
        at_us, attempts = following, attempts + 1
    assert attempts == 10
    assert 75 * 3600 <= at_us // SECOND_US <= 76 * 3600


def test_a_receivers_wish_puts_an_attempt_off_but_never_brings_it_forward() -> None:
    assert webhooks.retry_at_us(1, 0, 60.0, chance=0.0) == 60 * SECOND_US
    assert webhooks.retry_at_us(2, 0, 1.0, chance=0.0) == 300 * SECOND_US
    assert webhooks.retry_at_us(1, 0, 1e9, chance=0.0) == 24 * 3600 * SECOND_US


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("120", 120.0), (" 7 ", 7.0), ("Wed, 25 Feb 2026 06:14:20 GMT", 60.0), ("yesterday", None), ("-5", None), ("", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert webhooks.retry_after_s(header, NOW_US) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_read_or_passed_over(header: str) -> None:
    found = webhooks.retry_after_s(header, NOW_US)
    assert found is None or found >= 0


def test_both_public_libraries_accept_the_signature_and_refuse_a_changed_body() -> None:
    secrets = [webhooks.new_secret(), webhooks.new_secret()]
    body = '{"type":"message.created","data":{"text":"grüße"}}'.encode()
    headers = webhooks.headers("evt_1", body, secrets, int(time.time()) * SECOND_US)
    for secret in secrets:
        for library in (standardwebhooks.Webhook, svix.Webhook):
            library(secret).verify(body, headers)  # raises where it does not verify
            with pytest.raises((standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError)):
                library(secret).verify(body.replace(b"created", b"deleted"), headers)
