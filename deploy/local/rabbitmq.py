"""A private RabbitMQ server, for the tests and for ``make up`` on a machine without one.

Why not the system service: tests need a broker they may restart, kill and fill, on ports nobody else uses, and
`make up` must not touch what the machine already runs. Everything here (node, epmd, cookie, data, logs) belongs to one
directory and to one `RabbitMQ` object, listens on loopback only, and is gone after `stop()`.

Neighbour: `deploy.local.postgres` does the same for PostgreSQL. Both are synchronous, so that a pytest session fixture
can use them as they are; an asyncio launcher calls them through `asyncio.to_thread`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.ports import port_of, reserve_port

_BIN = Path("/usr/lib/rabbitmq/bin")
_POLICY = Path("/usr/sbin/policy-rc.d")
_NODE = "comptoir@localhost"  # every server has its own epmd; data are found again by this name
_START_TIMEOUT = 120.0
_STOP_TIMEOUT = 60.0
_GUARD = "read -r _; kill -KILL 0"
"""Leads the process group of server and epmd, and ends it when our end of its input closes: however this process ends,
nothing is left behind. Being a group of its own, the server is not hit by a Ctrl-C that is meant for its user."""
_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_LOOPBACK_DISTRIBUTION = "-kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQUnavailableError(RuntimeError):
    """No server is installed, it cannot be installed, or it did not start; the message says which and why."""


def find_rabbitmq() -> Path | None:
    """The server's own start script, or None where RabbitMQ is not installed.

    Not the wrapper in /usr/sbin: that one switches to the system user and its directories.
    """
    for script in (_BIN / "rabbitmq-server", *sorted(Path("/opt/rabbitmq").glob("sbin/rabbitmq-server"))):
        if os.access(script, os.X_OK):
            return script
    return None


def install_rabbitmq() -> Path:
    """Install Debian's package as root without starting its service; return the start script.

    Raises RabbitMQUnavailableError where this is not Debian, not root, or apt refuses.
    """
    found = find_rabbitmq()
    if found:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RabbitMQUnavailableError("rabbitmq-server is not installed, and installing it needs root and apt-get")
    forbids_services = not _POLICY.exists()
    if forbids_services:
        _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        _POLICY.chmod(0o755)
    try:
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", "rabbitmq-server")
    finally:
        if forbids_services:
            _POLICY.unlink(missing_ok=True)
    _end_what_the_package_started()
    found = find_rabbitmq()
    if not found:
        raise RabbitMQUnavailableError("apt-get installed rabbitmq-server, but its start script is not there")
    return found


def _apt_get(*arguments: str) -> None:
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RabbitMQUnavailableError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def _end_what_the_package_started() -> None:
    """Its scripts run the command line tool once, which leaves an epmd daemon; and they may start the service."""
    with contextlib.suppress(KeyError):
        user = pwd.getpwnam("rabbitmq").pw_uid
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if process.stat().st_uid == user:
                    os.kill(int(process.name), signal.SIGTERM)


class RabbitMQ:
    """One server with its own epmd in `directory` (created; kept after `stop()`); also a context manager.

    `url` is fixed from construction on. `start()` after `stop()` or `kill()` brings back the same port and data.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._ports = [reserve_port() for _ in range(3)]
        self.port, self._distribution_port, self._epmd_port = map(port_of, self._ports)
        self._guard: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for any AMQP 0-9-1 client, default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Return when clients are served (7 s, quiet machine); raises RabbitMQUnavailableError with the log's end."""
        if self._guard is not None:
            return
        script = find_rabbitmq()
        if script is None:
            raise RabbitMQUnavailableError("rabbitmq-server is not installed")
        self._prepare()
        self._guard = subprocess.Popen(["/bin/sh", "-c", _GUARD], stdin=subprocess.PIPE, process_group=0)  # noqa: S603
        try:
            self._start_epmd(self._guard.pid)
            with (self.directory / "server.out").open("wb") as output:
                self._server = subprocess.Popen(  # noqa: S603 - fixed path, no shell
                    [script], env=self._environment(), cwd=self.directory, process_group=self._guard.pid,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                )  # fmt: skip
            self._wait_until(self._answers, "does not answer")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End the server in good order (SIGTERM, as an operator would), then epmd."""
        if self._server is not None:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
                os.kill(int(self._pid_file.read_text(encoding="ascii")), signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._server.wait(_STOP_TIMEOUT)
        self.kill()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would, and epmd with it."""
        if self._guard is None:
            return
        os.killpg(self._guard.pid, signal.SIGKILL)
        for process in (self._server, self._epmd, self._guard):
            if process is not None:
                process.wait(_STOP_TIMEOUT)
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._server = self._epmd = self._guard = None
        self._pid_file.unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop in good order and start again: same address, same durable queues."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good and give the ports back."""
        self.stop()
        for reserved in self._ports:
            reserved.close()

    def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against this server and return what it prints; raises CalledProcessError. Takes seconds."""
        done = subprocess.run(  # noqa: S603 - fixed path, no shell
            [_BIN / "rabbitmqctl", "-q", "-n", _NODE, *arguments],
            env=self._environment(), capture_output=True, text=True, timeout=60, check=True, cwd=self.directory,
        )  # fmt: skip
        return done.stdout

    @property
    def _pid_file(self) -> Path:
        return self.directory / "rabbitmq.pid"

    def _prepare(self) -> None:
        home = self.directory / "home"
        home.mkdir(parents=True, exist_ok=True)
        cookie = home / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16), encoding="ascii")
            cookie.chmod(0o400)
        (self.directory / "enabled_plugins").write_text("[].\n", encoding="ascii")
        # A quorum queue's write-ahead log is 512 MB by default: too much for the tmpfs a test may run on.
        config = "raft.wal_max_size_bytes = 64000000\nlog.console = false\nlog.file.level = info\n"
        (self.directory / "rabbitmq.conf").write_text(config, encoding="ascii")
        self._pid_file.unlink(missing_ok=True)

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_", "ERLANG_"))
        }
        return inherited | {
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.directory / "log"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self._pid_file),
            # Unbound schedulers: several private servers on one machine would all sit on the first cores.
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK_DISTRIBUTION,
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_DISTRIBUTION,
        }

    def _start_epmd(self, process_group: int) -> None:
        """Our own child in the foreground: the daemon that erl would start otherwise outlives the server."""
        epmd = shutil.which("epmd", path=f"/usr/lib/erlang/bin{os.pathsep}{os.environ.get('PATH', '')}")
        if epmd is None:
            raise RabbitMQUnavailableError("epmd is not installed; it belongs to Erlang")
        self._epmd = subprocess.Popen(  # noqa: S603 - found on PATH, no shell
            [epmd, "-address", "127.0.0.1", "-port", str(self._epmd_port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=process_group,
        )  # fmt: skip
        self._wait_until(lambda: self._reads(self._epmd_port, b"\x00\x01n") != b"", "has no epmd")

    def _answers(self) -> bool:
        return self._pid_file.exists() and self._reads(self.port, _PROTOCOL_HEADER).startswith(b"\x01\x00\x00")

    def _reads(self, port: int, question: bytes) -> bytes:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(question)
            return probe.recv(16)
        return b""

    def _wait_until(self, ready: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not ready():
            ended = self._server is not None and self._server.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RabbitMQUnavailableError(f"RabbitMQ in {self.directory} {complaint}:\n{self._last_words()}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        output = self.directory / "server.out"
        return output.read_text(encoding="utf-8", errors="replace")[-3000:] if output.exists() else "(no output)"
