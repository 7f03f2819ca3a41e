"""Configuration of the media server: one model, read from a TOML file, the environment (`TRESEN_*`) and arguments, later ones win.

For the program (`load`), which wants sentences, and for embedders (`MediaSettings(...)`), who want pydantic's own errors. Not for
keys: `mediaserver.keys` makes and keeps those. `signalling` extends the model, so that both halves share one file.

Invariants: an unknown key is an error that names the nearest right one, in the file, in the arguments and in the environment alike;
no error, repr or log of this module shows a secret; nothing is read at import.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from mediaserver.errors import LocalError
from mediaserver.ice import read_endpoint

__all__ = ["IceServer", "MediaSettings", "VideoCodec", "load", "read_keys"]

PREFIX = "TRESEN_"
VideoCodec = Literal["VP8", "VP9", "H264", "AV1"]
Port = Annotated[int, Field(ge=0, le=65535)]

# HMAC-SHA256 wants a key of at least its output's length (RFC 7518 section 3.2).
SECRET_CHARS_MIN = 32
WELL_KNOWN = ("secret", "devkey", "changeme", "change-me", "password", "example", "default", "test", "tresen", "livekit", "apikey")


class IceServer(BaseModel):
    """A STUN or TURN server to tell clients about (RTCIceServer of the WebRTC API)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    urls: list[str] = Field(min_length=1)
    username: str = ""
    credential: str = Field(default="", repr=False)

    @field_validator("urls", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("urls")
    @classmethod
    def _scheme(cls, value: list[str]) -> list[str]:
        for url in value:
            if not url.startswith(("stun:", "stuns:", "turn:", "turns:")):
                raise ValueError("an ICE server's URL begins with stun:, stuns:, turn: or turns:")
        return value


def default_data_dir() -> Path:
    """Where the XDG base directory specification puts a user's data."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tresen"


def words(value: Any) -> Any:
    """Lists in the environment: `a,b` or JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


Words = Annotated[list[str], NoDecode]


class MediaSettings(BaseSettings):
    """All settings of the media server. Numbers carry their unit in the name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False
    )

    # Environment variables with our prefix that belong to others (the build, another half of the program).
    foreign_variables: ClassVar[frozenset[str]] = frozenset({"TRESEN_CRYPTO"})

    config_file: Path | None = Field(default=None, description="TOML file with these same keys")
    http_host: str = Field(
        default="127.0.0.1", description="address of the HTTP server; browsers need HTTPS in front of any other than loopback"
    )
    http_port: Port = Field(default=8080, description="port of the HTTP server; 0 takes any free one")
    udp_host: str = Field(default="::", description="address of the media sockets; :: takes IPv6 and IPv4")
    udp_port: Port = Field(default=7882, description="UDP port of worker 0, the next workers follow; 0 takes any free ones")
    workers: int = Field(default=1, ge=0, le=256, description="media threads; 0: one per core")
    announced_addresses: Words = Field(
        default=[],
        description="IP addresses clients are told, for example behind NAT, with :port where the NAT maps worker 0's port to another "
        "(the next workers follow); empty: those of this machine",
    )
    api_keys: Annotated[dict[str, str], NoDecode] = Field(
        default={}, repr=False, description="API key -> secret; empty: one is made in data_dir"
    )
    data_dir: Path = Field(default_factory=default_data_dir, description="directory for keys, recordings and the database")
    recording_container: Literal["webm", "mkv", "mp4", "ogg"] = Field(
        default="webm", description="format of recordings; what cannot hold a codec gives way to mkv"
    )
    recording_grouping: Literal["participant", "track"] = Field(default="participant", description="one file per participant or per track")
    recording_composed: bool = Field(default=False, description="also record everybody in one picture and one sound")
    recording_keys: Annotated[dict[str, str], NoDecode] = Field(
        default={},
        repr=False,
        description="key id -> 64 hex digits; recordings are sealed with the first, opened with any; empty: not sealed",
    )
    drain_deadline_s: float = Field(default=30.0, ge=0, le=86400, description="how long calls may go on after SIGTERM")
    max_participants: int = Field(default=2000, ge=0, description="joins beyond this are refused with 503; 0: no limit")
    cors_origins: Words = Field(
        default=["*"], description="origins of pages that may call the HTTP interface; * is any (no cookies are used)"
    )
    ice_servers: Annotated[list[IceServer], NoDecode] = Field(default=[], description="STUN and TURN servers clients are told")
    preferred_video_codecs: Annotated[list[VideoCodec], NoDecode] = Field(
        default=["VP8", "VP9", "H264", "AV1"], min_length=1, description="video codecs that are accepted, the preferred first"
    )
    audio_mode: Literal["forwarded", "mixed"] = Field(
        default="forwarded", description="how subscribers get sound who do not say it themselves: each track on its own, or one mix"
    )
    audio_bitrate_bps: int = Field(default=32000, ge=6000, le=510_000, description="Opus bitrate of a mix")
    audio_complexity: int = Field(default=9, ge=1, le=10, description="most effort of a mix's Opus encoder; falls under load")
    audio_expected_loss_percent: int = Field(default=10, ge=0, le=100, description="loss that a mix's in-band FEC is for; 0: no FEC")
    audio_dtx: bool = Field(default=False, description="hardly send silence of a mix (Opus DTX)")
    audio_channels: int = Field(default=1, ge=1, le=2, description="channels of a mix")
    audio_speakers: int = Field(default=8, ge=1, le=64, description="how many are heard at once in a mix, the loudest")
    audio_hold_music: Path | None = Field(default=None, description="sound file for those on hold; none: a built-in melody")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level that is logged")
    log_format: Literal["auto", "console", "json"] = Field(default="auto", description="auto: console on a terminal, else json")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file; no other places."""
        given = init_settings().get("config_file") or os.environ.get(f"{PREFIX}CONFIG_FILE")
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file(Path(given)) if given else {})

    @model_validator(mode="before")
    @classmethod
    def _known_variables(cls, values: Any) -> Any:
        known = {f"{PREFIX}{name.upper()}" for name in cls.model_fields} | cls.foreign_variables
        for name in sorted(os.environ):
            if name.upper().startswith(PREFIX) and name.upper() not in known:
                raise ValueError(unknown("environment variable", name, known))
        return values

    @field_validator("announced_addresses", "cors_origins", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return words(value)

    @field_validator("preferred_video_codecs", mode="before")
    @classmethod
    def _codecs(cls, value: Any) -> Any:
        listed = words(value)
        return [name.upper() if isinstance(name, str) else name for name in listed] if isinstance(listed, list) else listed

    @field_validator("ice_servers", mode="before")
    @classmethod
    def _ice_servers(cls, value: Any) -> Any:
        """JSON in the environment, or bare URLs for servers without a password."""
        listed = words(value)
        return [{"urls": [entry]} if isinstance(entry, str) else entry for entry in listed] if isinstance(listed, list) else listed

    @field_validator("announced_addresses")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            try:
                read_endpoint(address)
            except ValueError:
                raise ValueError(f"{address!r} is not an IP address, IPv4:port or [IPv6]:port (a host name cannot be announced)") from None
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _read_keys(cls, value: Any) -> Any:
        return read_keys(value) if isinstance(value, str) else value

    @field_validator("recording_keys", mode="before")
    @classmethod
    def _read_recording_keys(cls, value: Any) -> Any:
        return read_keys(value) if isinstance(value, str) else value

    @field_validator("recording_keys")
    @classmethod
    def _recording_keys(cls, value: dict[str, str]) -> dict[str, str]:
        for key, secret in value.items():
            if not key or len(key.encode()) > 255 or len(secret) != 64 or not set(secret.lower()) <= set("0123456789abcdef"):
                raise ValueError("a recording key is an id of 1 to 255 bytes and 64 hex digits; make one with: openssl rand -hex 32")
        return value

    @field_validator("api_keys")
    @classmethod
    def _strong_keys(cls, value: dict[str, str]) -> dict[str, str]:
        for key, secret in value.items():
            check_key(key, secret)
        return value

    @model_validator(mode="after")
    def _room_for_workers(self) -> "MediaSettings":
        if self.udp_port and self.udp_port + self.worker_count > 65536:
            raise ValueError(f"{self.worker_count} workers from udp_port {self.udp_port} on go beyond port 65535")
        for endpoint in self.announced_addresses:
            if read_endpoint(endpoint)[1] + self.worker_count > 65536:
                raise ValueError(f"announced_addresses: {self.worker_count} workers from {endpoint} on go beyond port 65535")
        return self

    @property
    def worker_count(self) -> int:
        """`workers`, with 0 resolved to this machine's cores."""
        return self.workers or os.cpu_count() or 1


def load(**arguments: Any) -> MediaSettings:
    """The configuration of this process. LocalError with one sentence per fault. Arguments that are None count as not given."""
    try:
        return MediaSettings(**{name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        raise LocalError("\n".join(sentences(error, MediaSettings.model_fields))) from None


def sentences(error: ValidationError, names: Iterable[str]) -> list[str]:
    """One line per fault, without the value (it may be a secret)."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
            lines.append(unknown("setting", place, names))
        else:
            message = fault["msg"].removeprefix("Value error, ")
            lines.append(f"{place}: {message}" if place else message)
    return lines


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Names what was written and the nearest thing that would have been right."""
    near = difflib.get_close_matches(name.upper(), {candidate.upper(): candidate for candidate in known}, n=1, cutoff=0.5)
    candidates = {candidate.upper(): candidate for candidate in known}
    return f"unknown {what} {name}" + (f"; did you mean {candidates[near[0]]}?" if near else "")


def read_file(path: Path) -> dict[str, Any]:
    """A TOML file. LocalError when it is not there or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"cannot read the configuration file {path}: {error.strerror}") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError
        raise LocalError(f"the configuration file {path} is not TOML: {error}") from None


def read_keys(text: str) -> dict[str, str]:
    """API keys in one environment variable: `key:secret,key:secret` or a JSON object."""
    if text.lstrip().startswith("{"):
        read: dict[str, str] = json.loads(text)  # an object, as it begins like one; pydantic checks what is in it
        return read
    keys = {}
    for entry in text.split(","):
        key, colon, secret = entry.partition(":")
        if not colon:
            raise ValueError("write API keys as key:secret,key:secret or as a JSON object")
        keys[key.strip()] = secret.strip()
    return keys


def check_key(key: str, secret: str) -> None:
    """ValueError, without the secret, for a pair that would let anyone in."""
    if not key or any(character in key for character in ":,\"'") or not key.isprintable():
        raise ValueError("an API key needs a name without colon, comma, quote and control characters")
    if len(secret) < SECRET_CHARS_MIN:
        raise ValueError(
            f"the secret of API key {key} has {len(secret)} characters, at least {SECRET_CHARS_MIN} are needed; "
            "make one with: openssl rand -hex 32"
        )
    plain = secret.casefold()
    if len(set(plain)) < 8 or any(set(plain.split(word)) <= {"", "-", "_", " "} for word in WELL_KNOWN):
        raise ValueError(f"the secret of API key {key} is a well-known or repetitive one; make one with: openssl rand -hex 32")
