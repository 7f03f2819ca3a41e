"""The secrets of an installation: the configured ones, or those it makes for itself at its first start.

For `app` and the commands that open the store. The master keys wrap the tenants' data keys, so whoever loses them loses everything that
is sealed; they belong into a backup of their own. Invariants: those of `mediaserver.keyfile`; nothing here is ever logged.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediaserver import keyfile
from mediaserver.errors import LocalError
from signalling.config import Settings, check_master_key, check_session_secret

FILE = "secrets.toml"
ABOUT = """# Secrets of this installation. Keep a copy elsewhere: without the master keys nothing that is stored can be read.
# master_keys: the first wraps new keys, all of them open. `tresen keys rewrap --new` adds one.
"""


@dataclass(frozen=True, slots=True)
class Secrets:
    """`master_keys`: id -> 32 bytes, the present one first. `session_secret` signs session tokens."""

    master_keys: Mapping[str, bytes] = field(repr=False)
    session_secret: str = field(repr=False)


def installation_secrets(settings: Settings) -> Secrets:
    """Configured or kept in `data_dir`, made if need be. LocalError, with what to do, otherwise."""
    if settings.master_keys and settings.session_secret:
        return Secrets(_bytes(settings.master_keys), settings.session_secret)
    kept = _kept(settings)
    return Secrets(_bytes(settings.master_keys or kept["master_keys"]), settings.session_secret or kept["session_secret"])


def add_master_key(settings: Settings) -> Secrets:
    """Makes a new master key, the present one from now on, in the file of an installation that configures none. LocalError otherwise."""
    if settings.master_keys:
        raise LocalError("the master keys are configured: put a new one before the others in TRESEN_MASTER_KEYS, restart, then rewrap")
    kept = _kept(settings)
    name = next(f"local{number}" for number in range(2, 1_000_000) if f"local{number}" not in kept["master_keys"])
    keys = {name: secrets.token_hex(32), **kept["master_keys"]}
    keyfile.replace(settings.data_dir / FILE, _text(keys, kept["session_secret"]))
    return installation_secrets(settings)


def _kept(settings: Settings) -> dict[str, Any]:
    path = settings.data_dir / FILE
    try:
        if not path.exists():
            keyfile.make(path, _text({"local": secrets.token_hex(32)}, secrets.token_urlsafe(48)))
        kept = keyfile.read(path, "secrets")
    except OSError as error:
        raise LocalError(
            f"no master key and session secret are configured and none can be kept in {path}: {error.strerror}; "
            "set TRESEN_MASTER_KEYS and TRESEN_SESSION_SECRET, or TRESEN_DATA_DIR"
        ) from None
    _check(path, kept)
    return kept


def _check(path: Path, kept: dict[str, Any]) -> None:
    masters, session = kept.get("master_keys"), kept.get("session_secret")
    if not isinstance(masters, dict) or not masters or not all(isinstance(key, str) for key in masters.values()):
        raise LocalError(f"{path} holds no master keys; put the copy of it back that you keep, or all that is stored stays sealed")
    if not isinstance(session, str):
        raise LocalError(f'{path} must hold a line session_secret = "..."')
    try:
        for name, key in masters.items():
            check_master_key(name, key)
        check_session_secret(session)
    except ValueError as error:
        raise LocalError(f"{path}: {error}") from None


def _text(masters: Mapping[str, str], session: str) -> str:
    lines = "".join(f'{name} = "{key}"\n' for name, key in masters.items())
    return f'{ABOUT}session_secret = "{session}"\n\n[master_keys]\n{lines}'


def _bytes(keys: Mapping[str, str]) -> dict[str, bytes]:
    return {name: bytes.fromhex(key) for name, key in keys.items()}
