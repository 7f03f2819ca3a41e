"""The web's types of the protocol are those of the operations as they are now."""

from pathlib import Path

from scripts.protocol_types import TYPES, write


def test_the_types_are_what_the_operations_make_of_them(tmp_path: Path) -> None:
    made = tmp_path / "api.gen.ts"
    write(made, tmp_path)
    assert made.read_text() == TYPES.read_text(), "an operation has changed; run: python -m scripts.protocol_types"
