"""Install what the tests need beside Python, as far as this machine allows: `python -m tests.servers.install`.

RabbitMQ and Chromium are Debian's packages; the mock servers and axe come from npm by a lock with hashes and without
running anybody's install scripts; PostgreSQL is in requirements-dev.lock. What cannot be had is told here, and the
tests that miss it say so again.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.rabbitmq import RabbitMQUnavailableError, install_rabbitmq
from tests.servers.chromium import find_chromium

MOCK_SERVERS = Path(__file__).parent.parent / "mockservers"


def main() -> int:
    """Install all of it; 0 also where something is missing, which is the tests' to judge."""
    wanted = (("RabbitMQ", install_rabbitmq), ("Prism", install_prism), ("Chromium", install_chromium))
    for what, install in wanted:
        try:
            install()
        except (RabbitMQUnavailableError, OSError, subprocess.SubprocessError) as problem:
            print(f"WARNING: no {what} for the tests: {problem}", file=sys.stderr)
    return 0


def install_prism() -> None:
    """Install the locked npm packages, unless they are there already."""
    lock = MOCK_SERVERS / "package-lock.json"
    installed = MOCK_SERVERS / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    if shutil.which("npm") is None:
        _install_packages("nodejs", "npm")
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=MOCK_SERVERS, timeout=600, check=True)


def install_chromium() -> None:
    """Install Debian's browser, unless there is one."""
    if find_chromium() is None:
        _install_packages("chromium")


def _install_packages(*names: str) -> None:
    """Debian's packages of these names."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise OSError(f"{names[-1]} is not installed, and installing it needs root and apt-get")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *names]):
        subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, timeout=900, check=True)


if __name__ == "__main__":
    sys.exit(main())
