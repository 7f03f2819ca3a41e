"""`python -m bench.crash`: the full run, with figures; exit code 1 where a promise was broken."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench.crash.databases import meanwhile
from bench.crash.run import crash


def main() -> int:
    """Reads arguments, prints JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, meanwhile(chosen.database, Path(folder)) as (url, between):
        found = asyncio.run(crash(Path(folder), url, chosen.kills, chosen.seed, between))
    print(json.dumps({"database": chosen.database, **found}, indent=1))
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
