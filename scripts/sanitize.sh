#!/bin/sh
# Builds the native part with the address and undefined-behaviour sanitizers beside the normal build, and feeds it hostile input.
# Arguments name other tests than tests/hostile.
set -eu
cd "$(dirname "$0")/.."

export NATIVE_DEBUG=1
.venv/bin/python setup.py -q build --build-base build/sanitize --build-lib build/sanitize/lib </dev/null >build/sanitize.log 2>&1 ||
    { cat build/sanitize.log >&2; exit 1; }

# The interpreter itself is not instrumented: the run-time library must come first, and its own leaks are no news.
# PYTHONMALLOC=malloc lets the sanitizer watch every bytes object that native code reads.
export LD_PRELOAD="$(${CC:-cc} -print-file-name=libasan.so)"
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export PYTHONMALLOC=malloc
[ $# -gt 0 ] || set -- tests/hostile
exec .venv/bin/pytest -p no:cacheprovider -o "pythonpath=build/sanitize/lib ." "$@"
