"""Second and third chances for tests that need foreign real-time stacks, and a limit to them.

GStreamer, aiortc and browsers keep time by the wall clock: starved of a core for a second they may fail of themselves. A test in one of
FOLDERS that fails is run again, up to RERUNS times; the end of the run shows every first failure, and the run fails when more than
TESTS_MOST tests needed it: then it is no accident. Nothing else is ever run again: what has no foreign clock in it must not fail once.

For the root conftest, which registers it; the repeating itself is pytest-rerunfailures'.
"""

import pytest

FOLDERS = ("e2e", "interop")
RERUNS = 2
# Long enough for a neighbour's burst to pass, short enough to be nothing beside the test.
PAUSE_S = 2
TESTS_MOST = 8


class Reruns:
    """The hooks. `first` is the failure each repeated test began with, by test."""

    def __init__(self) -> None:
        self.first: dict[str, pytest.TestReport] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if item.path.parent.name in FOLDERS:
                item.add_marker(pytest.mark.flaky(reruns=RERUNS, reruns_delay=PAUSE_S))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if str(report.outcome) == "rerun":
            self.first.setdefault(report.nodeid, report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if len(self.first) > TESTS_MOST and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.first:
            return
        terminalreporter.section("run again", yellow=True)
        for name, report in self.first.items():
            terminalreporter.write_sep("_", f"first failure of {name}", yellow=True)
            terminalreporter.write_line(report.longreprtext)
            for title, text in report.sections:
                terminalreporter.write_sep("-", title)
                terminalreporter.write_line(text)
        refused = len(self.first) > TESTS_MOST
        verdict = f"{len(self.first)} tests were run again; {TESTS_MOST} are the most that may be" + (": the run fails" if refused else "")
        terminalreporter.write_line(verdict, red=refused, yellow=not refused)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reruns(), "tresen-reruns")
