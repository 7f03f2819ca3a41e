"""The web's types of the protocol are those of the operations as they are now."""

import json
import re
from pathlib import Path

from scripts.protocol_types import ROOT, TYPES, write
from signalling.api.routes import all_operations


def test_the_types_are_what_the_operations_make_of_them(tmp_path: Path) -> None:
    made = tmp_path / "api.gen.ts"
    write(made, tmp_path)
    assert made.read_text() == TYPES.read_text(), "an operation has changed; run: python -m scripts.protocol_types"


def test_the_client_knows_which_operations_name_what_they_make() -> None:
    listed = dict(re.findall(r'"([a-z_.]+)": "([a-z]+)",', (ROOT / "web/protocol/own-ids.ts").read_text()))
    made = {}
    for operation in all_operations():
        own = operation.body.json_schema().get("properties", {}).get("id") if operation.socket and operation.body is not None else None
        if own is not None:
            made[operation.name] = re.findall(r"\^([a-z]+)_", json.dumps(own))[0]
    assert listed == made
