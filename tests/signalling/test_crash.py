"""A server that is killed at random moments: what it acknowledged is there once, nothing is half there, everything is delivered.

`KILLS=300 pytest tests/signalling/test_crash.py` is the long run; so is `python -m bench.crash`.
"""

import os
from pathlib import Path

import pytest

from bench.crash.databases import meanwhile
from bench.crash.run import crash

# Enough to break a promise that is not kept at all.
KILLS = int(os.environ.get("KILLS", "10"))


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_whatever_was_acknowledged_survives_any_crash(database: str, tmp_path: Path) -> None:
    with meanwhile(database, tmp_path) as (url, between):
        found = await crash(tmp_path, url, KILLS, meanwhile=between)
    assert found["broken"] == []
    assert found["acknowledged"]["messages"] > 0 and found["webhooks"] > 0
