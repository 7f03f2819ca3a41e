"""What the documents tell people to type exists: make targets, subcommands of `tresen`, files."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import typer.main

from signalling.config import Settings
from tests.laws.configuration import GUIDE, with_table
from tests.laws.house import ROOT, named

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def subcommands() -> set[str]:
    from signalling.cli import application

    return set(typer.main.get_group(application()).commands)


def code(text: str) -> str:
    """Only what stands in code: indented blocks, fenced blocks, backticks."""
    fenced = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}.*$", text, re.MULTILINE)
    return "\n".join([*fenced, *indented, *re.findall(r"`[^`\n]+`", text)])


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_documents_name_existing_make_targets(document: Path) -> None:
    said = set(re.findall(r"\bmake ([a-z]+)\b", code(document.read_text())))
    assert said <= targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_documents_name_existing_subcommands(document: Path) -> None:
    said = set(re.findall(r"(?:^|[`\s/])tresen ([a-z]+)\b", code(document.read_text())))
    assert said <= subcommands()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_gives_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make demo" in text and "make test" in text


def test_the_version_comes_from_one_place() -> None:
    assert version("tresen") == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    elsewhere = [
        named(path)
        for package in ("native", "mediaserver", "signalling", "bench")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^__version__\s*=\s*[\"']", path.read_text(), re.MULTILINE)
    ]
    assert elsewhere == []


def test_ci_runs_what_a_contributor_runs() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert "make test" in text.splitlines()[-1]
    assert all(word in targets() for word in re.findall(r"^(?:exec )?make (.*)$", text, re.MULTILINE) for word in word.split())


def test_the_guide_lists_every_setting_as_it_is() -> None:
    assert GUIDE.read_text() == with_table(GUIDE.read_text()), "run: python -m tests.laws.configuration"
    assert all(field.description for field in Settings.model_fields.values())


def test_the_guide_to_calls_shows_the_tables_as_they_are() -> None:
    from tests.laws import call_tables

    text = call_tables.GUIDE.read_text()
    assert text == call_tables.with_tables(text), "run: python -m tests.laws.call_tables"
    assert all(table in text for table in call_tables.tables().values())
