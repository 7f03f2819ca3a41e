"""A PostgreSQL of our own for tests and benchmarks: Debian's server in a temporary directory, gone when it is closed.

Run as the package's user `postgres` where the tests run as root, which the server refuses.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

STARTS_WITHIN_S = 60


def programs() -> Path:
    """The folder of initdb and postgres, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    if there is None:
        raise RuntimeError("the tests need PostgreSQL's server: apt-get install postgresql")
    return Path(there).resolve().parent


class Postgres:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.folder = Path(tempfile.mkdtemp(prefix="tresen-pg-", dir="/tmp"))
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.getuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "tresen", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.process = self._start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self._as, str(programs() / program), *arguments], check=True, capture_output=True, cwd="/")

    def _start(self) -> subprocess.Popen[bytes]:
        # Without flushes: what a killed server had written is still the kernel's, and no test cuts the power.
        options = ["-p", str(self.port), "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", f"unix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self._as, str(programs() / "postgres"), "-D", str(self.folder / "data"), *options], stdout=log, stderr=log, cwd="/"
            )
        until = time.monotonic() + STARTS_WITHIN_S
        ready = [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tresen", "-d", "postgres"]
        while subprocess.run(ready, cwd="/").returncode != 0:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        return process

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Runs a statement (or several, in one transaction) in a database."""
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "tresen", "-d", database]
        subprocess.run([str(programs() / "psql"), "-q", *address, "-c", statement], check=True, capture_output=True, cwd="/")

    def url(self, database: str) -> str:
        """For `database_url`."""
        return f"postgresql://tresen@127.0.0.1:{self.port}/{database}"

    def kill(self) -> None:
        """Ends it at once, without a farewell to anybody."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(STARTS_WITHIN_S)

    def restart(self) -> None:
        """Starts it again after `kill`."""
        self.process = self._start()

    def pause(self) -> None:
        """Lets it hang: connections stay open and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """After `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """To the server and all of its processes."""
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, family)):
            os.kill(pid, number)

    def close(self) -> None:
        """Ends it and removes all of it."""
        if self.process.poll() is None:
            self.kill()  # nothing in it is worth a checkpoint
        shutil.rmtree(self.folder, ignore_errors=True)
