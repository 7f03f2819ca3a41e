"""Configuration of the whole program: the media server's settings and, in the same file and environment, those of the signalling core.

For the program (`load`) and for tests (`Settings(...)`). Rules and error messages are `mediaserver.config`'s. Secrets that nobody
configured are made by `installation`.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import NoDecode

from mediaserver.config import MediaSettings, Words, check_key, read_keys, sentences, words
from mediaserver.errors import LocalError


class Settings(MediaSettings):
    """All settings of the program. Numbers carry their unit in the name."""

    database_url: str = Field(
        default="", repr=False, description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME; empty: tresen.db in data_dir"
    )
    database_patience_s: float = Field(
        default=0.8, ge=0.1, le=60, description="how long PostgreSQL may answer nothing until requests are refused with 503"
    )
    public_url: str = Field(default="", description="where customers reach this server, for links in mails; empty: its own address")
    master_keys: Annotated[dict[str, str], NoDecode] = Field(
        default={},
        repr=False,
        description="key id -> 64 hex digits that seal what is stored, the first for new data; empty: made in data_dir",
    )
    session_secret: str = Field(default="", repr=False, description="signs session tokens; empty: made in data_dir")
    smtp_url: str = Field(default="", repr=False, description="smtp://USER:PASSWORD@HOST:PORT or smtps://...; empty: no mail is sent")
    mail_from: str = Field(default="", description="sender of mails, such as Shop <help@shop.example>")
    stripe_url: str = Field(default="https://api.stripe.com", description="Stripe's API; another address only for a stand-in in tests")
    call_ring_timeout_s: float = Field(
        default=25.0, gt=0, le=300, description="how long a call rings at a rep or customer who is called directly"
    )
    call_join_timeout_s: float = Field(
        default=30.0, gt=0, le=300, description="how long after accepting somebody may take to come into a call"
    )
    call_reconnect_grace_s: float = Field(
        default=45.0, gt=0, le=600, description="how long somebody whose connection is lost is waited for in a call"
    )
    call_token_ttl_s: int = Field(default=120, ge=5, le=3600, description="how long a token for a call's room is good for entering it")
    call_recording_announcement: Path | None = Field(
        default=None, description="sound file that tells everybody in a call that it is recorded; none: two tones"
    )
    demo_shop_port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        default=None, description="port of the shop that `tresen demo` opens; none: the one after http_port; 0 takes any free one"
    )
    webhook_private_addresses: bool = Field(default=False, description="whether webhooks may go to private and loopback addresses")

    sockets_max: int = Field(default=20000, ge=1, description="client sockets beyond this are refused with 503")
    socket_heartbeat_s: float = Field(default=25.0, ge=0.2, le=600, description="how often a client's socket is asked whether it is there")
    socket_requests_per_s: int = Field(default=50, ge=1, description="requests of one client's socket beyond this are refused")
    api_origins: Words = Field(default=[], description="origins of pages that may call the API besides the sites' own and this server's")
    forwarded_hops: int = Field(
        default=0, ge=0, le=8, description="reverse proxies in front of this server, whose X-Forwarded-For and -Proto are believed"
    )
    rate_limit_reads_per_min: int = Field(default=6000, ge=0, description="requests that read, for each caller; 0: no limit")
    rate_limit_writes_per_min: int = Field(default=3000, ge=0, description="requests that change something, for each caller; 0: no limit")
    rate_limit_logins_per_min: int = Field(default=120, ge=0, description="logins and new sessions from one address; 0: no limit")
    rate_limit_inbound_per_min: int = Field(default=6000, ge=0, description="webhooks of others from one address; 0: no limit")

    @field_validator("api_origins", mode="before")
    @classmethod
    def _read_origins(cls, value: Any) -> Any:
        return words(value)

    @field_validator("master_keys", mode="before")
    @classmethod
    def _read_master_keys(cls, value: Any) -> Any:
        return read_keys(value) if isinstance(value, str) else value

    @field_validator("master_keys")
    @classmethod
    def _strong_master_keys(cls, value: dict[str, str]) -> dict[str, str]:
        for name, key in value.items():
            check_master_key(name, key)
        return value

    @field_validator("session_secret")
    @classmethod
    def _strong_session_secret(cls, value: str) -> str:
        if value:
            check_session_secret(value)
        return value

    @property
    def database(self) -> str:
        """The URL of the database, with the default resolved."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tresen.db'}"


def load(**arguments: Any) -> Settings:
    """The configuration of this process. LocalError with one sentence per fault. Arguments that are None count as not given."""
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        raise LocalError("\n".join(sentences(error, Settings.model_fields))) from None


def check_master_key(name: str, key: str) -> None:
    """ValueError, without the key, for one that cannot seal."""
    if not name or len(key) != 64 or not set(key.lower()) <= set("0123456789abcdef") or len(set(key.lower())) < 8:
        raise ValueError("a master key is a name and 64 random hex digits; make one with: openssl rand -hex 32")


def check_session_secret(secret: str) -> None:
    """ValueError, without the secret, for one that would let anyone in."""
    try:
        check_key("session", secret)
    except ValueError:
        raise ValueError(
            "the session secret needs at least 32 characters that nobody guesses; make one with: openssl rand -hex 32"
        ) from None
