#!/bin/sh
# Makes this clone ready: ./setup.sh [test|bench]. Called by the Makefile; quick when nothing is missing.
# Works out what the machine lacks, installs that where it may, makes .venv and installs the pinned versions into it.
# Apart from system packages nothing is written outside this folder, pip's cache included.
# PYTHON=/path/to/python picks the interpreter of a new .venv.
set -eu
cd "$(dirname "$0")"
EXTRA=${1-}
BIN=.venv/bin

stop() { printf '\nsetup: %s\n' "$*" >&2; exit 1; }
say() { printf 'setup: %s\n' "$*"; }

usable() { # is it a Python this project runs on?
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

complete() { # can it make a virtual environment and build an extension as it is?
    "$1" -c 'import ensurepip, os, sysconfig, venv
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null
}

find_python() { # the first complete one, else the first usable one
    if [ -n "${PYTHON-}" ]; then
        usable "$PYTHON" || stop "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13."
        echo "$PYTHON"
        return
    fi
    for wanted in complete usable; do
        for name in python3.11 python3.12 python3.13 python3 python; do
            if command -v "$name" >/dev/null && usable "$name" && "$wanted" "$name"; then
                "$name" -c 'import sys; print(sys.executable)'
                return
            fi
        done
    done
    stop "Python 3.11, 3.12 or 3.13 is needed and none was found on PATH. Install one, for instance with
    apt-get install -y python3 python3-venv python3-dev      (Debian 12 or later, Ubuntu 24.04 or later)
    brew install python@3.12                                 (macOS)
or name one: make PYTHON=/path/to/python3.12 run"
}

builds() { # does a C file that includes Python.h get through the compiler?
    cc=$("$1" -c 'import sysconfig; print((sysconfig.get_config_var("CC") or "cc").split()[0])')
    command -v "$cc" >/dev/null || cc=cc
    command -v "$cc" >/dev/null &&
        echo '#include <Python.h>' |
        "$cc" -fsyntax-only -x c -I"$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')" - 2>/dev/null
}

loads() { # can this shared library be loaded?
    "$1" - "$2" <<'PYTHON'
import ctypes, os, sys
name = sys.argv[1]
if sys.platform == "darwin":
    file = name.split(".so")[0] + ".dylib"
    sys.exit(not any(os.path.exists(f"{folder}/lib/{file}") for folder in ("/opt/homebrew", "/usr/local", "/opt/local")))
try:
    ctypes.CDLL(name)
except OSError:
    sys.exit(1)
PYTHON
}

missing_packages() { # Debian's names for what the machine lacks, for the Python given
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    base=$("$1" -c 'import sys; print(sys.base_prefix)')
    if ! "$BIN/python" -c 'import durable.lang' 2>/dev/null; then # the rule engine comes as C source
        if ! builds "$1"; then
            echo "gcc libc6-dev"
            [ "$base" != /usr ] || echo "python$version-dev"
        fi
        "$1" -c 'import ensurepip, venv' 2>/dev/null || [ "$base" != /usr ] || echo "python$version-venv"
    fi
    loads "$1" libpango-1.0.so.0 || echo libpango-1.0-0
    loads "$1" libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
    loads "$1" libharfbuzz-subset.so.0 || echo libharfbuzz-subset0 # without it a Chinese page takes 20 seconds
    if [ "$(uname)" != Darwin ]; then # macOS brings its own Chinese fonts
        command -v fc-list >/dev/null || echo fontconfig
        [ -n "$(fc-list :lang=zh family 2>/dev/null)" ] || echo fonts-noto-cjk
    fi
}

install_packages() {
    if [ "$(uname)" = Darwin ]; then
        stop "system packages are missing ($*). Run this, then the same command again:
    xcode-select --install; brew install pango"
    elif ! command -v apt-get >/dev/null; then
        stop "system packages are missing, which Debian calls: $*
Install what your system calls them, then run the same command again. On Fedora:
    sudo dnf install -y gcc python3-devel pango harfbuzz fontconfig google-noto-sans-cjk-fonts"
    fi
    line="env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $*"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo -n "
    else
        stop "system packages are missing. Run this as root, then the same command again:
    apt-get update && apt-get install -y --no-install-recommends $*"
    fi
    if ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
        say "system packages are missing; running: $as_root$line"
        $as_root$line && return
    fi
    say "running: ${as_root}apt-get update"
    ${as_root}apt-get update || true # one unreachable list of many need not matter; the next line tells
    say "running: $as_root$line"
    $as_root$line || stop "that failed. See to it that this works, then run the same command again:
    $as_root$line"
}

make_venv() {
    say "making .venv with $1"
    "$1" -m venv --clear .venv || stop "$1 -m venv failed; what it lacks is said above."
}

export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USE_PEP517=1 # also for the builds pip starts

pip() { "$BIN/python" -m pip "$@"; }

install_project() {
    if "$BIN/python" -c 'import sys; sys.exit(sys.version_info < (3, 13))' && ! "$BIN/python" -c 'import durable.lang' 2>/dev/null
    then # from 3.13 on Python no longer has a function the engine calls; PyObject_CallObject does the same
        say "building durable_rules for Python 3.13"
        CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject \
            pip install -q --no-binary durable_rules --force-reinstall --no-deps -c constraints.txt durable_rules
        "$BIN/python" -c 'import durable.lang' || stop "durable_rules was built but cannot be imported; Python 3.11 or 3.12 will do."
    fi
    say "installing the pinned versions into .venv${EXTRA:+ (with $EXTRA)}"
    pip install -q -c constraints.txt -e ".${EXTRA:+[$EXTRA]}"
    "$BIN/python" -c 'import durable.lang' || stop "durable_rules cannot be imported. Remove .venv and run the same command again."
}

browser() { # one that the tests of pages can drive; they find it by the same names
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        path=$(command -v "$name") || continue
        case "$(readlink -f "$path")" in */snap*) continue ;; esac # a snap cannot be driven from here
        return 0
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || [ -d .venv/browsers ]
}

install_browser() { # never stops: without one, the tests of pages are skipped and say so
    if grep -q '^ID=debian' /etc/os-release 2>/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        (install_packages chromium) && return
    fi
    say "no browser here; trying the one that Playwright brings, into .venv/browsers"
    PLAYWRIGHT_BROWSERS_PATH=.venv/browsers "$BIN/python" -m playwright install chromium-headless-shell && return
    rm -rf .venv/browsers
    say "no browser could be had: the tests of pages will be skipped"
}

if [ -x "$BIN/python" ] && usable "$BIN/python" && "$BIN/python" -c 'import pip' 2>/dev/null; then
    python=$BIN/python
else
    python=$(find_python)
fi

packages=$(missing_packages "$python" | tr '\n' ' ')
if [ -n "$packages" ]; then
    install_packages $packages
    packages=$(missing_packages "$python" | tr '\n' ' ')
    [ -z "$packages" ] || stop "still missing after the installation: $packages
If that is gcc, $python may have no headers (Python.h); name another one: make PYTHON=/path/to/python3.12 run"
fi
[ "$python" = "$BIN/python" ] || make_venv "$python"

# A stamp per extra holds what was installed from where: nothing to do until one of these changes.
state="$(pwd) $(cat pyproject.toml constraints.txt | cksum)"
stamp=.venv/ready-${EXTRA:-run}
if [ "$(cat "$stamp" 2>/dev/null)" != "$state" ]; then
    install_project
    printf '%s\n' "$state" >"$stamp"
    printf '%s\n' "$state" >.venv/ready-run # every extra brings the run time with it
fi
[ "$EXTRA" != test ] || browser || install_browser
