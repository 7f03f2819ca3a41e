"""How runs of the jitter benchmark become rows, tables and a page; and that the command says what is missing."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

import bench.cli
import bench.jitter.cli
from bench.jitter import compare, cost, neteq, report

TITLES = {"tresen": "tresen", "neteq": "NetEq", "fixed": "fixed"}


def record(trace: str, receiver: str, pesq: float, delay_ms: float, **more: Any) -> dict[str, Any]:
    zeroes = dict.fromkeys(compare.AVERAGED, 0.0)
    own = {"trace": trace, "receiver": receiver, "pesq": pesq, "pesq_least": pesq - 0.5}
    own |= {"delay_mean_ms": delay_ms, "delay_p95_ms": delay_ms}
    return zeroes | own | {"steps": [], "curve": [(1.0, delay_ms), (2.0, delay_ms + 1)]} | more


STEP = {"at_s": 20.0, "from_ms": 30.0, "to_ms": 530.0, "settled_s": 1.5, "later_p95_ms": 600.0}
LATE = STEP | {"settled_s": None, "later_p95_ms": 980.0}
DRAWS = {"loss": ["loss", "loss@1"], "route": ["route"]}
RECORDS = [
    record("loss@1", "tresen", 4.0, 70), record("loss", "tresen", 3.8, 60),
    record("loss", "neteq", 3.6, 62), record("loss@1", "neteq", 3.4, 64),
    record("route", "tresen", 3.9, 300, steps=[STEP]), record("route", "neteq", 3.5, 400, steps=[LATE]),
]  # fmt: skip


def text_of(rows: list[dict[str, Any]]) -> str:
    console = Console(width=200, record=True, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        for table in report.tables(rows, TITLES):
            console.print(table)
    return captured.get()


def test_draws_become_one_row_with_their_mean_and_spread() -> None:
    rows = compare.by_trace(DRAWS, RECORDS, ["tresen", "neteq"])
    assert [(row["trace"], row["receiver"], row["draws"]) for row in rows] == [
        ("loss", "tresen", 2), ("loss", "neteq", 2), ("route", "tresen", 1), ("route", "neteq", 1)
    ]  # fmt: skip
    ours = rows[0]
    assert ours["pesq"] == pytest.approx(3.9) and ours["delay_mean_ms"] == 65
    assert ours["pesq_deviation"] == pytest.approx(0.1414, abs=1e-4)
    assert ours["pesq_least"] == pytest.approx(3.3)
    assert ours["curve"] == [(1.0, 60), (2.0, 61)]  # of the first draw
    assert rows[2]["pesq_deviation"] == 0


def test_the_tables_stand_side_by_side_with_a_verdict_and_means() -> None:
    text = text_of(compare.by_trace(DRAWS, RECORDS, ["tresen", "neteq"]))
    for part in ("3.90 ±0.14  65/65  0.00", "+0.40 +2 ms yes", "+0.40 -100 ms yes", "30 → 530", "1.5  600", "-  980", "mean"):
        assert part in text


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [((4.0, 60), (4.0, 60), "yes"), ((3.96, 69), (4.0, 60), "yes"), ((3.94, 50), (4.0, 60), "no"), ((4.2, 71), (4.0, 60), "no")],
)
def test_as_good_is_hardly_worse_and_hardly_later(ours: tuple[float, float], theirs: tuple[float, float], verdict: str) -> None:
    assert report.against(record("t", "tresen", *ours), record("t", "neteq", *theirs)).split()[-1] == verdict


def test_what_was_not_measured_is_a_dash() -> None:
    rows = compare.by_trace({"x": ["x"]}, [record("x", "tresen", 1.0, float("nan"))], ["tresen"])
    assert "1.00  -/-  0.00" in text_of(rows)


def test_the_page_has_the_tables_and_a_curve_for_each_trace() -> None:
    page = report.page(compare.by_trace(DRAWS, RECORDS, ["tresen", "neteq"]), TITLES, {"cpu": "A<B"})
    assert page.count("<svg") == 2 and page.count("<polyline") == 4
    assert "3.90" in page and "A&lt;B" in page
    assert "src=" not in page and "<link" not in page


def test_the_cost_of_reading_the_clock_is_nobodys() -> None:
    assert cost.split(1000, 600, 2, 10) == (960, 380)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command with everything it needs installed but this."""

    def run(missing: str, *words: str) -> Any:
        known = bench.jitter.cli.find_spec
        monkeypatch.setattr(bench.jitter.cli, "find_spec", lambda name: None if name == missing else known(name) or object())
        return CliRunner().invoke(bench.cli.app, ["jitter", *words])

    return run


def test_a_missing_judge_is_named_with_what_to_do(refused: Any) -> None:
    done = refused("pesq")
    assert done.exit_code == 1
    assert "pesq is missing: pip install 'tresen[bench]'" in done.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere", "--peers", "none"], "no trace nowhere"),
        (["clean", "--peers", "janus"], "there is neteq, fixed, aiortc; none"),
        (["--traces", "somewhere"], "--speech"),
        (["clean", "--peers", "none", "--speech", "nowhere"], "No such file"),
    ],
)
def test_wrong_words_are_refused_with_a_sentence(words: list[str], sentence: str, refused: Any) -> None:
    done = refused("nothing", *words)
    assert done.exit_code != 0
    assert sentence in " ".join(done.output.replace("│", " ").split())


def test_without_its_library_neteq_says_what_to_install(refused: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(neteq, "HEADERS", tmp_path / "none")
    done = refused("nothing", "clean", "--peers", "neteq")
    assert done.exit_code == 1
    assert "apt-get install libtgowt-dev g++" in done.output


def test_traces_are_written_for_other_programs(refused: Any, tmp_path: Path) -> None:
    done = refused("nothing", "constant30", "loss5@1", "--write-traces", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"constant30.arr", "constant30.csv", "loss5@1.arr", "loss5@1.csv"}
    source = compare.Source(tmp_path, tmp_path / "out")
    assert source.names() == ["constant30", "loss5@1"]
