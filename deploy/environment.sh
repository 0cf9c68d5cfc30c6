#!/bin/sh
# Makes the project's environment .venv from a hashed lock: "run" = what running needs, "dev" = that and the tools.
# Called by the Makefile, which knows when; needs nothing but Python 3.11 or later.
set -eu
cd "$(dirname "$0")/.."
kind=$1

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Comptoir needs Python 3.11 or later, and found none (PYTHON=/path/to/python names one)."
    return 1
}

# Debian splits the module that makes environments off Python; a plain "python3 -m venv" fails there half-way.
ensure_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    version=$("$1" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing Debian's python$version-venv"
        apt-get -qq update
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "python$version-venv" >/dev/null
    else
        say "Python's venv module is missing. Install it, and call make again:"
        say "    sudo apt-get install -y python$version-venv"
        return 1
    fi
}

if [ ! -x .venv/bin/pip ]; then
    python=$(find_python)
    ensure_venv "$python"
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

lock=requirements.lock
[ "$kind" = run ] || lock=requirements-dev.lock
say "Installing $lock"
install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps "$@"; }
install --require-hashes -r "$lock"
install --no-build-isolation -e .

# The development lock holds the other one.
touch .venv/.run
[ "$kind" = run ] || touch .venv/.dev
