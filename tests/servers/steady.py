"""A mock server for Stripe's specification: steady, an npm package that nobody here wrote (Prism cannot load the file).

It validates every request against the file, forms with brackets included, and answers with values made from it. It
keeps no state and asks for no key; the stateful counterpart is billing's own sandbox.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

STEADY = Path(__file__).parent.parent / "mockservers" / "node_modules" / "@stdy" / "cli" / "steady.js"
START_SECONDS = 90.0
BRACKETS = ["--validator-form-object-format", "brackets", "--validator-form-array-format", "brackets"]
QUERIES = ["--validator-query-object-format", "brackets", "--validator-query-array-format", "brackets"]


def find_steady() -> tuple[str, str] | None:
    """The words that start steady, None where Node or the package is not installed."""
    node = shutil.which("node")
    return (node, str(STEADY)) if node and STEADY.exists() else None


class Steady:
    """One mock server, started with its first use."""

    def __init__(self, command: tuple[str, str], specification: Path, logs: Path) -> None:
        self._command = command
        self._specification = specification
        self._log = logs / "steady.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """The address under which the paths of the file answer; broken requests are 400."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        options = ["--host", "127.0.0.1", "-p", str(port), "--no-color", *BRACKETS, *QUERIES]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command, *options, str(self._specification)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"steady does not serve:\n{self._log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)
