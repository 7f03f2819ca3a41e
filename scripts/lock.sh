#!/bin/sh
# Writes requirements.lock: one version of everything, for every supported Python, no registry named.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m pip --disable-pip-version-check install -q uv
{
    echo "# Versions for the demo, the tests and CI, on Python 3.11 to 3.13. Made by \`make lock\`; do not edit."
    .venv/bin/uv pip compile -q --system-certs --universal --python-version 3.11 --extra dev --extra bench --extra web --no-annotate --no-header pyproject.toml
} >build/requirements.lock
mv build/requirements.lock requirements.lock
