"""Where RNNoise's shared library is on this machine: the extra `tresen[noise]` brings it, or the system has it. Found, not opened."""

import ctypes.util
from importlib.util import find_spec
from pathlib import Path


def find_noise_library() -> str | None:
    """A path or name that dlopen takes, or None: then noise suppression does nothing.

    PyPI's `pyrnnoise` is looked into without being imported: only the library in it is wanted, not what it depends on.
    """
    found = find_spec("pyrnnoise")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        library = Path(folder, "librnnoise.so")
        if library.is_file():
            return str(library)
    return ctypes.util.find_library("rnnoise")
