"""The public interface of `mediaserver` is exactly what it says: nothing more slips out, nothing listed is missing."""

import importlib
import inspect
import pkgutil

import pytest

import mediaserver
from mediaserver.errors import TresenError

MUST = {"MediaServer", "MediaSettings", "Room", "Participant", "LocalError", "RemoteError"}


def test_all_is_exact() -> None:
    listed = mediaserver.__all__
    assert listed == sorted(set(listed)) and set(listed) >= MUST
    open_names = {name for name, value in vars(mediaserver).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert open_names == set(listed)


@pytest.mark.parametrize("package", ["mediaserver", "signalling"])
def test_every_name_that_a_module_lists_exists(package: str) -> None:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if found.name == "signalling.store.migrations.env":  # a script of Alembic's, which runs it with a connection in hand
            continue
        module = importlib.import_module(found.name)
        missing = [name for name in getattr(module, "__all__", []) if not hasattr(module, name)]
        assert missing == [], found.name


def test_every_error_is_of_the_family_and_exported() -> None:
    def heirs(kind: type) -> set[type]:
        return {kind} | {heir for child in kind.__subclasses__() for heir in heirs(child)}

    public = {kind for kind in heirs(TresenError) if kind.__module__ == "mediaserver.errors" and kind.__name__[0] != "_"}
    assert {kind.__name__ for kind in public} <= set(mediaserver.__all__)
