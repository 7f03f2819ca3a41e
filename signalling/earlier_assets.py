"""The hashed assets of earlier versions, kept in the data folder: a page that is open lives on with the version it began with.

For `cli`, once at each start. The console and the widget fetch their rarer views when somebody first opens them, perhaps hours after the
page was loaded; by then the folder that the package brings may hold another version's files only. `site.Built` looks here for the rest.

Invariant: a file appears under its name only when it is whole, so processes may share the folder.
"""

import logging
import os
import secrets
import shutil
import time
from pathlib import Path

FOLDER = "web"
ASSETS = "assets"
# Longer than anybody leaves a page open; each version takes some megabytes.
KEPT_S = 30 * 86_400

log = logging.getLogger(__name__)


def keep(built: Path, data_dir: Path, now_s: float | None = None) -> Path:
    """Keeps what `built` brings now, forgets what no version brought for `KEPT_S`. The folder to look in, laid out as `built` is.

    A data folder that cannot be written is told in the log, and nothing is kept: pages that are open will need a reload after an update.
    """
    folder = data_dir / FOLDER
    now_s = time.time() if now_s is None else now_s
    try:
        (folder / ASSETS).mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in (built / ASSETS).glob("*"):
            _keep(file, folder / ASSETS / file.name, now_s)
        for file in (folder / ASSETS).iterdir():
            if now_s - file.stat().st_mtime > KEPT_S:
                file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("earlier_assets_not_kept", extra={"error": type(error).__name__, "folder": str(folder)})
    return folder


def _keep(file: Path, copy: Path, now_s: float) -> None:
    if not copy.exists():
        part = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
        shutil.copyfile(file, part)
        part.replace(copy)
    os.utime(copy, (now_s, now_s))
