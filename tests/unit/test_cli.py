"""The program: what it prints, what it refuses, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from mediaserver.config import MediaSettings
from mediaserver.keys import api_keys
from mediaserver.tokens import verify
from signalling.cli import ServerOptions, application, seconds, serving
from tests.e2e.program import demo

PROGRAM = [sys.executable, "-c", "from signalling.cli import main; main()"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own."""
    for name in [name for name in os.environ if name.startswith("TRESEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRESEN_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize(("role", "publish", "subscribe"), [("pub", True, False), ("sub", False, True), ("both", True, True)])
def test_a_token_is_all_that_is_printed_and_verifies(folder: Path, role: str, publish: bool, subscribe: bool) -> None:
    done = CliRunner().invoke(application(), ["token", "--room", "shop", "--role", role, "--identity", "anna", "--ttl", "15m"])
    assert done.exit_code == 0 and len(done.stdout.split()) == 1
    grants = verify(done.stdout.strip(), api_keys(MediaSettings()))
    assert (grants.identity, grants.room, grants.can_publish, grants.can_subscribe) == ("anna", "shop", publish, subscribe)
    assert 890 < grants.expires_at_s - time.time() < 910


def test_tokens_without_an_identity_are_for_different_people(folder: Path) -> None:
    keys = api_keys(MediaSettings())
    made = [CliRunner().invoke(application(), ["token", "--room", "shop"]).stdout.strip() for _ in range(2)]
    assert len({verify(token, keys).identity for token in made}) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["token"],
        ["token", "--room", "shop", "--role", "king"],
        ["token", "--room", "shop", "--ttl", "soon"],
        ["token", "--room", "shop", "--ttl", "0s"],
        ["demo", "--room", "../etc"],
        ["serve", "--http-port", "70000"],
        ["dance"],
    ],
)
def test_wrong_arguments_are_refused(folder: Path, arguments: list[str]) -> None:
    assert CliRunner().invoke(application(), arguments).exit_code == 2


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)])
def test_times_to_live(text: str, value: int) -> None:
    assert seconds(text) == value


SERVER_OPTIONS = [field.name for field in fields(ServerOptions)]


def test_server_options_are_settings() -> None:
    assert set(SERVER_OPTIONS) - {"config"} <= set(MediaSettings.model_fields)


@pytest.mark.parametrize(
    ("command", "own", "fixed"), [("serve", [], []), ("media", [], []), ("demo", ["room", "demo_shop_port"], ["drain_deadline_s"])]
)
def test_every_serving_command_has_the_same_options_and_only_adds_its_own(command: str, own: list[str], fixed: list[str]) -> None:
    [program] = [each for name, each in get_command(application()).commands.items() if name == command]  # type: ignore[attr-defined]  # a group
    offered = [parameter.name for parameter in program.params]
    assert offered == own + [name for name in SERVER_OPTIONS if name not in fixed]


def test_options_reach_the_settings_over_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_HTTP_PORT", "1")
    monkeypatch.setenv("TRESEN_UDP_PORT", "2")
    found: list[tuple[MediaSettings, str]] = []

    def command(options: ServerOptions, room: str = "shop") -> None:
        found.append((options.settings(), room))

    program = Typer()
    program.command()(serving(command, "drain_deadline_s"))
    arguments = ["--http-port", "3", "--announced-addresses", "192.0.2.1,192.0.2.2", "--log-level", "error"]
    assert CliRunner().invoke(program, arguments).exit_code == 0
    [(settings, room)] = found
    assert (settings.http_port, settings.udp_port, settings.log_level, room) == (3, 2, "error", "shop")
    assert list(settings.announced_addresses) == ["192.0.2.1", "192.0.2.2"] and settings.drain_deadline_s > 0


def test_a_fault_of_the_configuration_is_one_sentence(folder: Path) -> None:
    (folder / "tresen.toml").write_text("http_prot = 1\n")
    done = run("serve", "--config", str(folder / "tresen.toml"))
    assert done.returncode == 1
    assert done.stderr.strip() == "tresen: unknown setting http_prot; did you mean http_port?"


def test_the_doctor_says_what_it_found_and_how_to_mend_it(folder: Path) -> None:
    done = run("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert {"Python", "Kernel", "Native part", "Cipher library", "Configuration", "Data folder", "Database", "Secrets"} <= findings.keys()
    assert findings["Native part"]["verdict"] == "good"
    assert all(finding["remedy"] for finding in findings.values() if finding["verdict"] != "good")
    assert done.returncode == int(any(finding["verdict"] == "failure" for finding in findings.values()))


def test_the_doctor_fails_when_the_configuration_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_UDP_PROT", "1")
    done = CliRunner().invoke(application(), ["doctor"])
    assert done.exit_code == 1
    assert "TRESEN_UDP_PORT" in done.output


def test_benchmarks_are_a_subcommand_that_signalling_does_not_know(folder: Path) -> None:
    done = CliRunner().invoke(application(), ["bench", "--help"])
    assert done.exit_code == 0 and "forward" in done.stdout
    assert "bench" not in (Path(__file__).parents[2] / "signalling" / "process.py").read_text()


def test_a_taken_port_is_one_sentence(folder: Path, free_tcp_port: int) -> None:
    with demo(folder) as running:
        port = running.address.rpartition(":")[2]
        done = run("serve", "--http-port", port, "--udp-port", "0", "--udp-host", "127.0.0.1")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"tresen: cannot listen on 127.0.0.1:{port}")
        assert "--http-port" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_in_order(folder: Path, number: signal.Signals) -> None:
    with demo(folder) as running:
        running.process.send_signal(number)
        assert running.process.wait(60) == 0
