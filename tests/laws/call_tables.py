"""The tables of states in docs/calls.md, made from the program's: `python -m tests.laws.call_tables` writes them anew."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from signalling.calling.call import TRANSITIONS
from signalling.calling.leg import LEG
from signalling.calling.supervision import PARTS
from signalling.calling.transfer import TRANSFER
from tests.laws.house import ROOT

GUIDE = ROOT / "docs" / "calls.md"
MARK = "<!-- table {name}: made by python -m tests.laws.call_tables -->\n"
END = "<!-- end of table -->"


def transitions(table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]) -> str:
    """A row for each state: what may happen, and where it leads; events that stay in the state in the last column."""
    lines = ["| state | event -> state | events that stay in it |", "|---|---|---|"]
    for state, events in table.items():
        leading = ", ".join(f"{event} -> **{following}**" for event, following in events.items() if following != state)
        staying = ", ".join(str(event) for event, following in events.items() if following == state)
        lines.append(f"| **{state}** | {leading or 'none: the end'} | {staying} |")
    return "\n".join(lines) + "\n"


def parts() -> str:
    """Supervisors' parts."""
    lines = ["| part | may send | the customer knows |", "|---|---|---|"]
    words = {True: "yes", False: "no"}
    lines += [f"| **{how}** | {words[publishes]} | {words[seen]} |" for how, (seen, publishes) in PARTS.items()]
    return "\n".join(lines) + "\n"


def tables() -> dict[str, str]:
    """By name."""
    return {
        "call": transitions(TRANSITIONS),
        "leg": transitions(LEG),
        "cold": transitions(TRANSFER["cold"]),
        "warm": transitions(TRANSFER["warm"]),
        "supervision": parts(),
    }


def with_tables(text: str) -> str:
    """The guide with the present tables in their places."""
    for name, table in tables().items():
        mark = MARK.format(name=name)
        text = re.sub(re.escape(mark) + ".*?" + re.escape(END), lambda _, new=mark + table + END: new, text, flags=re.DOTALL)
    return text


def write(guide: Path = GUIDE) -> None:
    """Renews the guide."""
    guide.write_text(with_tables(guide.read_text()))


if __name__ == "__main__":
    write()
