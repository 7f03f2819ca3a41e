"""The table of settings in docs/configure.md, made from the model: `python -m tests.laws.configuration` writes it anew."""

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from mediaserver.config import PREFIX
from signalling.config import Settings
from tests.laws.house import ROOT

GUIDE = ROOT / "docs" / "configure.md"
BEGIN, END = "<!-- settings: made by python -m tests.laws.configuration -->\n", "<!-- end of settings -->"


def default(name: str) -> str:
    """How a setting's default reads."""
    field = Settings.model_fields[name]
    if field.default_factory is not None:
        return "`~/.local/share/tresen`" if name == "data_dir" else "made anew"
    value: Any = field.default
    if value is None or value in ({}, []):
        return "none"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def choices(name: str) -> str:
    """The words a setting takes, where they are few."""
    annotation = Settings.model_fields[name].annotation
    return f" ({', '.join(map(str, get_args(annotation)))})" if get_origin(annotation) is Literal else ""


def table() -> str:
    """The settings as Markdown."""
    lines = ["| setting | environment | default | what it is |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        text = (field.description or "").replace("|", "\\|") + choices(name)
        lines.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default(name)} | {text} |")
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """The guide with the present table in its place."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def write(guide: Path = GUIDE) -> None:
    """Renews the guide."""
    guide.write_text(with_table(guide.read_text()))


if __name__ == "__main__":
    write()
