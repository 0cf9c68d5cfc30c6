"""The deployed shape on one machine: PostgreSQL, RabbitMQ, four processes and one port (`make up`).

Addresses come from the same variables as in production (`COMPTOIR_DATABASE_URL`, with `{service}` in it, or
`COMPTOIR_DATABASE_URL_<SERVICE>`; `COMPTOIR_AMQP_URL`). What is not named is started here, privately, with its data
under `COMPTOIR_VAR` (default `var/`), by the neighbours `postgres` and `rabbitmq`. `gateway` is the one port.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from deploy.local.ports import port_of, reserve_port
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ, install_rabbitmq
from services.__main__ import administrator_key
from services.notifications.channels.seals import FILE, kept_key
from shared.settings import Settings
from shared.web.routes import SERVICES

# More than a service's own drain (COMPTOIR_SHUTDOWN_SECONDS, 10 by default), less than anybody's patience.
STOP_SECONDS = 15.0
DATABASE_URLS = ("COMPTOIR_DATABASE_URL", *(f"COMPTOIR_DATABASE_URL_{service.upper()}" for service in SERVICES))


async def up() -> int:
    """Run everything until SIGINT or SIGTERM (exit code 0), or until one of the processes ends by itself (1)."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopping.set)
    async with AsyncExitStack() as stack:  # unwound in reverse: gateway, services, broker, database
        environment = await _backends(stack)
        reserved = {name: stack.enter_context(reserve_port()) for name in SERVICES}
        ports = {name: port_of(held) for name, held in reserved.items()}
        port = Settings.of_front().port
        environment["COMPTOIR_URL"] = os.environ.get("COMPTOIR_URL") or f"http://127.0.0.1:{port}"
        environment.setdefault("COMPTOIR_PUBLIC_URL", f"http://127.0.0.1:{port}")
        environment.setdefault("COMPTOIR_DOCUMENTS_URL", f"http://127.0.0.1:{ports['billing']}")
        services = await _services(stack, environment, ports)
        gateway = await _gateway(stack, environment, ports, port)
        _announce(f"http://127.0.0.1:{port}", environment["COMPTOIR_API_KEY"])
        dead = await _first_end({**services, "gateway": gateway}, stopping)
        if dead:
            print(f"{dead}; stopping the others", file=sys.stderr, flush=True)
        return 1 if dead else 0


def _announce(url: str, key: str) -> None:
    print(
        f"""
  Comptoir starts as four services on PostgreSQL and RabbitMQ.

    Start page      {url}/
    Ready?          {url}/readyz
    Administrator   {key}

  Ctrl-C stops it.
""",
        flush=True,
    )


async def _backends(stack: AsyncExitStack) -> dict[str, str]:
    """The environment of the services; the servers that ours does not name are started."""
    environment = _environment()
    var = Path(environment["COMPTOIR_VAR"])
    if not _names_every_database(environment):
        postgres = Postgres(var / "postgres")
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        await asyncio.to_thread(postgres.start)
        environment["COMPTOIR_DATABASE_URL"] = postgres.url("{service}")
        for missing in set(SERVICES) - await postgres.databases():
            await postgres.create_database(missing)
    if not environment.get("COMPTOIR_AMQP_URL"):
        await asyncio.to_thread(install_rabbitmq)
        rabbitmq = RabbitMQ(var / "rabbitmq")
        stack.push_async_callback(asyncio.to_thread, rabbitmq.close)
        await asyncio.to_thread(rabbitmq.start)
        environment["COMPTOIR_AMQP_URL"] = rabbitmq.url
    return environment


def _environment() -> dict[str, str]:
    """As `make run` has it: sandboxes as counterparts, documentation, a first shop; what ours says wins."""
    defaults = {"COMPTOIR_SANDBOX": "true", "COMPTOIR_DOCS": "true", "COMPTOIR_SEED": "true"}
    var = Path(os.environ.get("COMPTOIR_VAR") or "var").absolute()
    var.mkdir(parents=True, exist_ok=True)
    own = {"COMPTOIR_VAR": str(var), "COMPTOIR_API_KEY": administrator_key(Settings(var=var))}
    if not os.environ.get("COMPTOIR_SEALING_KEYS_FILE"):
        defaults["COMPTOIR_SEALING_KEYS"] = kept_key(var / FILE)
    return defaults | os.environ | own


def _names_every_database(environment: dict[str, str]) -> bool:
    general, *specific = (bool(environment.get(name)) for name in DATABASE_URLS)
    if general or all(specific):
        return True
    if any(specific):
        raise SystemExit(f"name all databases or none: {', '.join(DATABASE_URLS[1:])}")
    return False


async def _services(stack: AsyncExitStack, environment: dict[str, str], ports: dict[str, int]) -> dict[str, Process]:
    processes: dict[str, Process] = {}
    stack.push_async_callback(_stop, processes)
    for name, port in ports.items():
        processes[name] = await _spawn(environment | {"COMPTOIR_PORT": str(port)}, "-m", "services", "serve", name)
    return processes


async def _gateway(stack: AsyncExitStack, environment: dict[str, str], ports: dict[str, int], port: int) -> Process:
    upstreams = {f"COMPTOIR_UPSTREAM_{name.upper()}": f"http://127.0.0.1:{number}" for name, number in ports.items()}
    arguments = ["-m", "uvicorn", "--factory", "deploy.local.gateway:from_environment", "--log-level", "warning"]
    arguments += ["--host", "127.0.0.1", "--port", str(port), "--no-server-header", "--no-date-header"]
    arguments += ["--timeout-graceful-shutdown", "5"]
    process = await _spawn(environment | upstreams, *arguments)
    stack.push_async_callback(_stop, {"gateway": process})
    return process


async def _spawn(environment: dict[str, str], *arguments: str) -> Process:
    # A session of its own: Ctrl-C at the terminal reaches us alone, and we stop the rest in order.
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment, start_new_session=True)


async def _first_end(processes: dict[str, Process], stopping: asyncio.Event) -> str | None:
    """Wait; the sentence says which process ended by itself, None that we were asked to stop."""
    waits = {asyncio.create_task(process.wait()): name for name, process in processes.items()}
    asked = asyncio.create_task(stopping.wait())
    try:
        done, _ = await asyncio.wait([asked, *waits], return_when=asyncio.FIRST_COMPLETED)
        if asked in done:
            return None
        ended = next(task for task in done if task in waits)
        return f"{waits[ended]} ended by itself with exit code {ended.result()}"
    finally:
        for task in (asked, *waits):
            task.cancel()


async def _stop(processes: dict[str, Process]) -> None:
    """SIGTERM to all, and SIGKILL to what is still there after STOP_SECONDS."""
    for process in processes.values():
        with suppress(ProcessLookupError):
            process.terminate()
    waits = {name: asyncio.create_task(process.wait()) for name, process in processes.items()}
    if waits:
        await asyncio.wait(waits.values(), timeout=STOP_SECONDS)
    for name, wait in waits.items():
        if not wait.done():
            print(f"{name} does not stop: killed", file=sys.stderr, flush=True)
            processes[name].kill()
            await wait
