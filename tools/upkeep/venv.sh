#!/bin/sh
# Make the virtual environment with the host dependencies, unless the one that is
# there was made from the same pins.
#
#   sh tools/upkeep/venv.sh DIRECTORY [PYTHON]
#
# Leaves DIRECTORY/host.txt, the installed pins, newer than pyproject.toml.
set -eu
venv=$1
wanted=${2:-}

fail() {
    echo "error: $1" >&2
    exit 1
}

new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

if [ -f "$venv/host.txt" ] && pins=$("$venv/bin/python" tools/upkeep/pins.py host 2>/dev/null) &&
    [ "$pins" = "$(cat "$venv/host.txt")" ]; then
    touch "$venv/host.txt"
    exit 0
fi

python=
if [ -n "$wanted" ]; then
    new_enough "$wanted" || fail "PYTHON=$wanted is not a Python 3.10 or newer"
    python=$wanted
else
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if new_enough "$candidate"; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || fail "Python 3.10 or newer is needed and was not found: install it, or name one with PYTHON="
fi
"$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "$python has no venv module: install it (Debian and Ubuntu: apt install python3-venv)"

echo "Setting up $venv with $("$python" --version 2>&1)"
"$python" -m venv --clear "$venv" || fail "$python could not make a virtual environment in $venv"
"$venv/bin/python" tools/upkeep/pins.py host >"$venv/host.tmp"
"$venv/bin/python" -m pip install -q -r "$venv/host.tmp" ||
    fail "the host dependencies could not be installed (see above): is there a network?"
mv "$venv/host.tmp" "$venv/host.txt"
