"""One service as its own operating system process, to be killed, paused and started again.

Every process started here is ended here, by its pid: by `stop`, or when this process exits.
"""

import atexit
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from deploy.local.ports import port_of, reserve_port
from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 25.0


class EndedError(RuntimeError):
    """A process ended by itself; the text holds the end of its log."""


class ServiceProcess:
    """`python -m services serve NAME`, on a port of its own that survives restarts."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.shall_die = False
        self._environment = environment
        self._log = log
        self._command = [sys.executable, "-m", "services", "serve", name]
        self._process: subprocess.Popen[bytes] | None = None
        self._reserved = reserve_port()

    @property
    def port(self) -> int:
        return port_of(self._reserved)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def switch_off(self, names: str) -> None:
        """From its next start on it runs without these safeguards (`tests.faults.sabotage`)."""
        self._command[2] = "tests.faults.sabotage"
        self._environment = self._environment | {"SABOTAGE": names}

    def spawn(self, *, crash_at: str | None = None) -> None:
        """Start; `crash_at` is a crash point and the passage at which to die there (`outbox.after_commit:3`)."""
        assert not self.alive, f"{self.name} runs already"
        environment = self._environment | {"COMPTOIR_PORT": str(self.port)}
        if crash_at:
            environment["COMPTOIR_CRASH_AT"] = crash_at
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.shall_die = False
        atexit.register(self.kill)

    async def ready(self) -> None:
        """Wait until it serves requests and hears messages."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=5.0) as client:

            async def look() -> bool:
                assert self.alive, f"{self.name} ended with {self.exit_code}:\n{self._last_words()}"
                try:
                    return (await client.get("/readyz/consumer")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(look, seconds=START_SECONDS, every=0.1)

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        atexit.unregister(self.kill)

    def pause(self) -> None:
        """SIGSTOP: it holds what it holds, and does nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM: it shall finish what it has begun, and end."""
        self._signal(signal.SIGTERM)

    async def stop(self) -> None:
        """An orderly end: the process ends by itself, with exit code 0."""
        if not self.alive:
            return
        self.resume()
        self.terminate()
        try:
            await eventually(lambda: not self.alive, seconds=STOP_SECONDS, every=0.05)
            if self.exit_code:
                raise EndedError(f"{self.name} ended with {self.exit_code}:\n{self._last_words()}")
        finally:
            self.kill()

    def close(self) -> None:
        """End it, and give the port back."""
        self.kill()
        self._reserved.close()

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)
