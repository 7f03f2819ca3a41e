"""What `import mediaserver` gives: the three classes, the settings, the errors; nothing that starts by itself."""

import subprocess
import sys

import mediaserver
from mediaserver import errors


def test_exports_are_exact() -> None:
    assert set(mediaserver.__all__) == {"MediaServer", "Room", "Participant", "MediaSettings", "IceServer", "Clip", *errors.__all__}
    assert mediaserver.__all__ == sorted(mediaserver.__all__)
    for name in mediaserver.__all__:
        assert getattr(mediaserver, name).__module__.startswith("mediaserver.")


def test_import_starts_no_thread_and_no_engine() -> None:
    code = "import sys, threading, mediaserver; assert threading.active_count() == 1; assert 'native.engine.worker' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
