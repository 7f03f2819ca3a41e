"""OpenSSL's own retransmission timer, which our faster one stands in front of, in a process whose clock the test owns."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shim(folder: Path) -> Path:
    library = folder / "clock.so"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", str(library), str(Path(__file__).with_name("clock.c"))], check=True
    )
    return library


@pytest.mark.skipif(sys.platform != "linux", reason="needs LD_PRELOAD")
def test_repairs_what_our_own_repetition_cannot(tmp_path: Path) -> None:
    library = shim(tmp_path)
    environment = {**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.scenario.test_dtls_openssl_timer", str(library)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    for case, result in json.loads(run.stdout).items():
        assert result["states"] == ["connected"], (case, result)
        assert 1.0 <= result["seconds"] <= 4.0, (case, result)


def main() -> None:
    from mediaserver.dtls import Certificate, session
    from tests.scenario.dtls_pair import DELAY_S, Pair

    session.RESEND_FIRST_S = 1000.0  # leaves OpenSSL's timer alone with the loss
    clock = ctypes.CDLL(sys.argv[1])
    clock.clock_advance.argtypes = [ctypes.c_longlong]

    class Timed(Pair):
        """Keeps the process's clock at the pair's."""

        at_us = 0

        @property
        def now_s(self) -> float:
            return self._now_s

        @now_s.setter
        def now_s(self, value: float) -> None:
            self._now_s = value
            clock.clock_advance(int(value * 1e6) - self.at_us)
            self.at_us = int(value * 1e6)

    results = {}
    for case in (("client", 0), ("server", 0), ("client", 1), ("server", 1)):
        certificate = Certificate.generate()
        pair = Timed(certificate, certificate, fate=lambda role, number, case=case: [] if (role, number) == case else [DELAY_S]).run()
        results[str(case)] = {"states": sorted({state.value for state in pair.states}), "seconds": pair.now_s}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
