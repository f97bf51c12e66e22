#!/bin/sh
# Usage: bootstrap.sh VENV LOCKFILE
# Makes the virtual environment hold what the lock file says. uv does it in seconds; where it cannot be had, pip does.
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}

fail() { echo "make: $1" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 ||
    fail "no '$python' on this machine; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12 ..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "'$python' is $("$python" -V 2>&1); Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 ..."
[ -w . ] || fail "the folder $(pwd) is read-only; clone the project into a folder you may write to"

if [ ! -x "$venv/bin/python" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 ||
        fail "'$python -m venv' does not work; install the venv module (on Debian and Ubuntu: apt install python3-venv)"
fi
log=$venv/bootstrap.log
if [ ! -x "$venv/bin/uv" ]; then
    echo "Installing uv"
    # An environment that uv has made comes without pip.
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >"$log" 2>&1 || true
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv >"$log" 2>&1 || {
        tail -n 3 "$log" >&2
        fail "the package index cannot be reached; check the network (or the proxy and index settings of pip) and run make again"
    }
fi
echo "Installing the packages of $lock"
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --requirement "$lock" >"$log" 2>&1 ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$lock" >>"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        fail "the packages of $lock could not be installed; the lines above and $log say why"
    }
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable . >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    fail "the project itself could not be installed; the lines above say why"
}
