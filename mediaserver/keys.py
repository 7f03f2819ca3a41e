"""API keys: the configured ones, or one this installation makes for itself at its first start.

For the server and `tresen token`, which must see the same key. Not for user accounts. Invariants: those of `keyfile`; a key is never
logged.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from mediaserver import keyfile
from mediaserver.config import MediaSettings, check_key
from mediaserver.errors import LocalError

__all__ = ["api_keys"]

FILE = "api_keys.toml"


def api_keys(settings: MediaSettings) -> Mapping[str, str]:
    """API key -> secret. Where none is configured: the one in `data_dir`, made if need be. LocalError, with what to do, otherwise."""
    if settings.api_keys:
        return settings.api_keys
    path = settings.data_dir / FILE
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise LocalError(
            f"no API key is configured and none can be kept in {path}: {error.strerror}; set TRESEN_API_KEYS or TRESEN_DATA_DIR"
        ) from None


def _make(path: Path) -> None:
    about = "# API keys of this installation: key = secret. Whoever has a secret can make tokens for every room.\n"
    keyfile.make(path, f'{about}API{secrets.token_hex(6)} = "{secrets.token_urlsafe(36)}"\n')


def _read(path: Path) -> dict[str, str]:
    keys = keyfile.read(path, "API keys")
    if not keys:
        raise LocalError(f"{path} holds no API key; remove it and a new one is made")
    for key, secret in keys.items():
        if not isinstance(secret, str):
            raise LocalError(f'{path} must hold lines of the form key = "secret"')
        try:
            check_key(key, secret)
        except ValueError as error:
            raise LocalError(f"{path}: {error}") from None
    return keys
