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
                operation["parameters"] = [each for each in operation.get("parameters", []) if "$ref" not in each and each["in"] != "header"]
    made["components"] = {"schemas": made["components"]["schemas"]}
    return made


def main() -> None:
    """Generates the file."""
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/openapi.json").write_text(json.dumps(document()))
    subprocess.run(["npm", "run", "--silent", "protocol"], cwd=ROOT / "web", check=True)


if __name__ == "__main__":
    main()
