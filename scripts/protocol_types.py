"""Writes web/protocol/api.gen.ts, the TypeScript types of every operation, from the models that serve them.

    python -m scripts.protocol_types

The document is /v1/openapi.json without what types do not need: refusals (one type serves them all), headers and examples.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from signalling.api import openapi
from signalling.api.routes import all_operations

ROOT = Path(__file__).resolve().parents[1]
TYPES = ROOT / "web/protocol/api.gen.ts"


def document() -> dict[str, Any]:
    """The reduced OpenAPI document."""
    made = openapi.document(all_operations())
    for methods in made["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict):
                operation["responses"] = {
                    status: {key: value for key, value in answer.items() if key != "headers"}
                    for status, answer in operation["responses"].items()
                    if status.startswith("2")
                }
                given = operation.get("parameters", [])
                operation["parameters"] = [each for each in given if "$ref" not in each and each["in"] != "header"]
    made["components"] = {"schemas": made["components"]["schemas"]}
    return made


def write(target: Path, folder: Path) -> None:
    """Generates the types into `target`; `folder` is for what lies between."""
    described = folder / "openapi.json"
    described.write_text(json.dumps(document()))
    command = ["sh", "scripts/npm.sh", "run", "--silent", "protocol", "--", str(described), "-o", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own script


def main() -> None:
    """Renews the file in the repository."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    write(TYPES, folder)


if __name__ == "__main__":
    main()
