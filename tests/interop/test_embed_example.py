"""The embedding example of the documentation runs, on the real engine."""

import runpy
import sys
from pathlib import Path

import pytest

pytest.importorskip("native.engine.worker", reason="the native engine is not built")

from tests.support.serving import VECTORS

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "embed.py"


def test_example_answers_both_offers_and_tells_the_events(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    offers = [str(VECTORS / f"{name}.sdp") for name in ("chromium-publish", "firefox-subscribe")]
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *offers])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    out = capsys.readouterr().out
    for said in (
        "lines of answer for bob",
        "alice publishes video as VP8",
        "ParticipantJoined(room='shop', identity='bob')",
        "RoomClosed(room='shop'",
    ):
        assert said in out
    assert len(EXAMPLE.read_text().splitlines()) <= 36
