"""API keys: the configured ones, or one this installation makes for itself at its first start.

For the server and `tresen token`, which must see the same key. Not for user accounts. Invariants: the file is readable by its owner
alone; of two processes that start at once both end up with the same key; a key is never logged.
"""

import os
import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

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
    """Writes beside and links into place: the file appears whole or not at all, and the first of two processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("# API keys of this installation: key = secret. Whoever has a secret can make tokens for every room.\n")
        file.write(f'API{secrets.token_hex(6)} = "{secrets.token_urlsafe(36)}"\n')
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()


def _read(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise LocalError(f"others can read the API keys in {path}; make new ones, or close it with: chmod 600 {path}")
        try:
            keys = tomllib.load(file)
        except ValueError as error:
            raise LocalError(f"{path} is not a TOML file of API keys: {error}") from None
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
