"""Mock servers for the vendors' specification files: Prism, an npm package that nobody here wrote.

It validates every request against the file and answers from the file's examples, so our idea of a vendor's interface is
checked by somebody else's reading of it. It keeps no state; the stateful counterparts are the sandboxes.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from deploy.local.ports import port_of, reserve_port

PRISM = Path(__file__).parent.parent / "mockservers" / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
START_SECONDS = 90.0


def find_prism() -> tuple[str, str] | None:
    """The words that start Prism, None where Node or the package is not installed."""
    node = shutil.which("node")
    return (node, str(PRISM)) if node and PRISM.exists() else None


class Prisms:
    """The mock servers of one test process, one a specification, started when it is first asked for."""

    def __init__(self, command: tuple[str, str], logs: Path) -> None:
        self._command = command
        self._logs = logs
        self._running: dict[Path, tuple[subprocess.Popen[bytes], str]] = {}
        self._ports: list[socket.socket] = []

    def serve(self, specification: Path) -> str:
        """The address under which the paths of this file answer; unknown paths are 404, broken requests 4xx."""
        if specification not in self._running:
            self._running[specification] = self._start(specification)
        return self._running[specification][1]

    def stop(self) -> None:
        """End them all."""
        for process, _ in self._running.values():
            process.terminate()
        for process, _ in self._running.values():
            process.wait(timeout=20)
        for port in self._ports:
            port.close()

    def _start(self, specification: Path) -> tuple[subprocess.Popen[bytes], str]:
        self._ports.append(reserve_port())
        port = port_of(self._ports[-1])
        log = self._logs / f"{specification.stem}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self._command, "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(specification)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if b"Prism is listening" in log.read_bytes():
                return process, f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        process.kill()
        process.wait(timeout=20)
        raise RuntimeError(f"Prism does not serve {specification.name}:\n{log.read_text(errors='replace')[-2000:]}")
