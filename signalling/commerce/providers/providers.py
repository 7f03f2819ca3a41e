"""Which provider a tenant's settings mean, and the account it uses there.

For `commerce.payments`. The tenant's secret `payments` is, for Stripe:

    {"secret_key": "sk_live_...", "webhook_secrets": "whsec_...", "mode": "checkout"}
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from mediaserver.errors import Conflict
from signalling.commerce.providers.provider import Provider
from signalling.commerce.providers.sandbox import Sandbox
from signalling.commerce.providers.stripe import RETRIED, Stripe
from signalling.commerce.remote import Remote

Secret = Annotated[str, StringConstraints(min_length=8, max_length=512, pattern=r"^[\x21-\x7e]+$")]


class StripeAccount(BaseModel):
    """Access to a Stripe account. `webhook_secrets`: of our endpoint there, the old one too while it is rolled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret_key: Secret
    webhook_secrets: tuple[Secret, ...] = Field(default=(), max_length=4)
    mode: Literal["checkout", "link"] = "checkout"

    @field_validator("webhook_secrets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        # A tenant's secrets are flat: several are written with spaces between them.
        return tuple(value.split()) if isinstance(value, str) else value


def made(name: str, secret: Mapping[str, Any], stripe_url: str) -> Provider:
    """The provider of this name. Conflict where there is none, or its account is not set up."""
    if name == "sandbox":
        return Sandbox()
    if name != "stripe":
        raise Conflict("There is no such payment provider.", code="provider_unknown")
    try:
        account = StripeAccount.model_validate(dict(secret))
    except ValidationError:
        # Not what was wrong: it would quote the key.
        raise Conflict("The payment provider's account is not set up.", code="provider_not_set_up") from None
    return Stripe(Remote(stripe_url, retried=RETRIED), account.secret_key, account.webhook_secrets, account.mode)
