"""The demonstration's shop stands outside: it knows the core by its public interfaces alone, and only the demonstration knows the shop."""

import ast
from pathlib import Path

from tests.laws.house import imports, named, sources, tree

# Ports, the built web, ids and problem documents: what any server of the house may use, nothing of conversations and commerce.
MAY_IMPORT = {"mediaserver.http", "mediaserver.errors", "signalling.site", "signalling.port", "signalling.ids", "signalling.demo_shop"}


def taken(path: Path) -> set[str]:
    """What a file takes from this house, each name with its module's."""
    found = {alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("mediaserver", "signalling", "native", "bench", "tests")}


def test_the_shop_knows_the_core_by_its_interfaces() -> None:
    for path in sources("signalling/demo_shop", ".py"):
        assert {each for each in taken(path) if not any(each == own or each.startswith(own + ".") for own in MAY_IMPORT)} == set()


def test_only_the_demonstration_knows_the_shop() -> None:
    users = {
        named(path)
        for package in ("mediaserver", "signalling", "bench")
        for path in sources(package, ".py")
        if any(name.startswith("signalling.demo_shop") for name in imports(path)) and not named(path).startswith("signalling/demo_shop/")
    }
    assert users == {"signalling/cli.py", "signalling/demo.py"}
