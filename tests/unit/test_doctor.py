"""The doctor's checks, each on a machine that is well and on one that is not."""

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mediaserver.config import MediaSettings
from signalling import doctor
from signalling.doctor import Verdict


def settings(folder: Path, **changes: Any) -> MediaSettings:
    values: dict[str, Any] = {"data_dir": folder, "udp_host": "127.0.0.1"}
    return MediaSettings.model_construct(**(values | changes))


def verdicts(findings: Iterable[doctor.Finding]) -> dict[str, Verdict]:
    return {finding.what: finding.verdict for finding in findings}


def test_a_taken_port_is_a_failure_that_names_the_setting(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media, socket.socket() as http:
        media.bind(("127.0.0.1", 0))
        http.bind(("127.0.0.1", 0))
        http.listen()
        chosen = settings(tmp_path, udp_port=media.getsockname()[1], http_port=http.getsockname()[1], http_host="127.0.0.1")
        taken = list(doctor.ports(chosen))
    assert [finding.verdict for finding in taken] == [Verdict.FAILURE, Verdict.FAILURE]
    assert "TRESEN_UDP_PORT" in taken[0].remedy and "TRESEN_HTTP_PORT" in taken[1].remedy
    assert [finding.verdict for finding in doctor.ports(chosen)] == [Verdict.GOOD, Verdict.GOOD]


@pytest.mark.parametrize(("size", "verdict"), [("212992\n", Verdict.WARNING), ("4194304\n", Verdict.GOOD)])
def test_small_socket_buffers_are_a_warning(tmp_path: Path, size: str, verdict: Verdict) -> None:
    for name in ("rmem_max", "wmem_max"):
        (tmp_path / name).write_text(size)
    found = list(doctor.socket_buffers(tmp_path))
    assert [finding.verdict for finding in found] == [verdict, verdict]
    assert all(("sysctl -w" in finding.remedy) is (verdict is Verdict.WARNING) for finding in found)


def test_a_native_part_that_is_not_built_is_a_failure() -> None:
    [found] = doctor.native_modules("no_such_native")
    assert found.verdict is Verdict.FAILURE and "make demo" in found.remedy


@pytest.mark.parametrize(
    ("release", "verdict"), [("6.1.0-13-amd64", Verdict.GOOD), ("5.0.0", Verdict.GOOD), ("4.19.0-cloud", Verdict.WARNING)]
)
def test_old_kernels_are_a_warning(monkeypatch: pytest.MonkeyPatch, release: str, verdict: Verdict) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    assert verdicts(doctor.kernel()) == {"Kernel": verdict}


def test_another_system_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert verdicts(doctor.kernel()) == {"Kernel": Verdict.FAILURE}


def test_a_data_folder_that_is_no_folder_is_a_failure(tmp_path: Path) -> None:
    assert verdicts(doctor.data_folder(settings(tmp_path / "new" / "data"))) == {"Data folder": Verdict.GOOD}
    (tmp_path / "file").write_text("")
    assert verdicts(doctor.data_folder(settings(tmp_path / "file" / "data"))) == {"Data folder": Verdict.FAILURE}


def test_what_the_engine_found_is_told(tmp_path: Path) -> None:
    found = verdicts(doctor.engine(settings(tmp_path)))
    assert {"Cipher library", "Sending in trains (UDP_SEGMENT)", "Receiving in trains (UDP_GRO)"} <= found.keys()
    assert Verdict.FAILURE not in found.values()
