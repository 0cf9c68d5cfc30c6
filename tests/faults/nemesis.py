"""The faults, done to a house: each is over, and its processes started again, when its coroutine returns.

What they do is in the plan (`tests.faults.plan`); the workload goes on meanwhile.
"""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from uuid import uuid4

from tests.eventually import eventually
from tests.faults.house import House
from tests.faults.plan import Fault
from tests.faults.workload import Workload
from tests.servers.fault_proxy import FaultProxy
from tests.servers.vendors import Fault as VendorFault

CRASH_SECONDS = 60.0
TRIES = 3
"""A process that comes up while its database is away ends before it reaches any point."""
STIR_SECONDS = 0.5
"""Between two orders that keep the processes busy: they shall also find the time to start."""
BEYOND_ANY_COLUMN = 10**30
HEARD = {
    "orders": "billing.account.v1",
    "inventory": "orders.order.v1",
    "billing": "orders.order.v1",
    "notifications": "billing.account.v1",
}
"""A message that each service hears, for poison."""


class Nemesis:
    """Does the faults of one seed and remembers what it did."""

    def __init__(self, house: House, workload: Workload, seed: int) -> None:
        self.poisoned: set[tuple[str, str]] = set()
        """(service, a piece of the body) of what must be found parked."""
        self.reached: list[str] = []
        self.lost = 0
        """Messages that were taken out of a queue for good."""
        self._chance = Random(seed)
        self._house = house
        self._workload = workload
        self._kinds: dict[str, Callable[[Fault], Awaitable[None]]] = {
            "crash": self._crash,
            "kill": self._kill,
            "pause": self._pause,
            "alarm": self._alarm,
            "replace": self._replace,
            "restart": self._restart,
            "poison": self._poison,
            "mail cut": self._mail_cut,
            "mail down": self._mail_down,
            "refuse": self._refuse,
            "hold": lambda fault: self._vendor(fault, VendorFault.HOLD),
            "cut answer": lambda fault: self._vendor(fault, VendorFault.CUT),
            "tokens forgotten": self._forget_tokens,
            "lose": self._lose,
            "repeat": self._repeat,
            "down": self._down,
            "cut": self._cut,
            "hole": self._hole,
            "lost reply": self._lost_reply,
        }

    async def strike(self, faults: tuple[Fault, ...]) -> None:
        """All faults of a phase at once."""
        crashes = [fault for fault in faults if fault.kind == "crash"]
        works = [asyncio.ensure_future(self._kinds[fault.kind](fault)) for fault in faults]
        if crashes:
            works.append(asyncio.create_task(self._stir(works[: len(faults)])))
        await asyncio.gather(*works)

    async def _stir(self, crashes: Sequence["asyncio.Future[None]"]) -> None:
        """Give the processes something to do for as long as one of them has not come to its end."""
        while not all(crash.done() for crash in crashes):
            await self._workload.stir()
            await lasts(STIR_SECONDS)

    async def _crash(self, fault: Fault) -> None:
        """Killed, started with the order to die at the point, and started again when it has."""
        process = self._house.processes[fault.target]
        for _ in range(TRIES):
            process.kill()
            process.spawn(crash_at=f"{fault.point}:{fault.count}")
            process.shall_die = True
            await self._provoke(fault)
            await eventually(lambda: not process.alive, seconds=CRASH_SECONDS, every=0.05)
            if process.exit_code == -signal.SIGKILL:
                break
        assert process.exit_code == -signal.SIGKILL, f"{fault} was not reached: {process.exit_code}"
        self.reached.append(f"{fault.target} {fault.point}")
        process.spawn()

    async def _provoke(self, fault: Fault) -> None:
        """Bring the process to a point that the work alone does not lead to."""
        process = self._house.processes[fault.target]
        match fault.point:
            case "batch.after_park":
                await self._poison(fault)
            case "dead_letters.after_park":
                await self._poison(fault, "dead")
            case "runtime.stopping":
                await process.ready()
                process.terminate()

    async def _kill(self, fault: Fault) -> None:
        if fault.target == "broker":
            await asyncio.to_thread(self._house.rabbitmq.kill)
            await asyncio.to_thread(self._house.rabbitmq.start)
        elif fault.target == "database":
            await asyncio.to_thread(self._house.postgres.kill)
            await asyncio.to_thread(self._house.postgres.start)
        else:
            process = self._house.processes[fault.target]
            process.kill()
            process.spawn()

    async def _restart(self, fault: Fault) -> None:
        server = self._house.rabbitmq if fault.target == "broker" else self._house.postgres
        await asyncio.to_thread(server.restart)

    async def _alarm(self, fault: Fault) -> None:
        """The broker's disk is all but full: it takes nothing from anybody who publishes, and goes on delivering."""
        rabbitmq = self._house.rabbitmq
        await asyncio.to_thread(rabbitmq.ctl, "set_disk_free_limit", "900GB")
        try:
            await lasts(fault.seconds)
        finally:
            await asyncio.to_thread(rabbitmq.ctl, "set_disk_free_limit", "50MB")

    async def _pause(self, fault: Fault) -> None:
        process = self._house.processes[fault.target]
        process.pause()
        try:
            await lasts(fault.seconds)
        finally:
            process.resume()

    async def _replace(self, fault: Fault) -> None:
        """Stopped in the middle of things while a replica takes over; then both are there, and the new one leaves."""
        process = self._house.processes[fault.target]
        replica = self._house.process(fault.target, replica="-replica")
        try:
            await process.ready()
            process.pause()
            replica.spawn()
            await replica.ready()
            await lasts(fault.seconds)
            process.resume()
            await replica.stop()
        finally:
            process.resume()
            replica.close()

    async def _poison(self, fault: Fault, suffix: str = "") -> None:
        """Bytes that are no message, and a message that no table can hold."""
        message = HEARD[fault.target]
        queue = ".".join(filter(None, (fault.target, message, suffix)))
        bodies = [f'{{"id": "{uuid4()}", "version": "nonsense']
        if observed := await self._house.observed(message):
            beyond = {"id": str(uuid4()), "version": BEYOND_ANY_COLUMN}
            bodies.append(json.dumps(json.loads(observed[0]) | beyond))
        for body in bodies:
            await self._publish(queue, body.encode())
            self.poisoned.add((fault.target, body))

    async def _publish(self, queue: str, body: bytes) -> None:
        async def accepted() -> bool:
            await self._house.publish(queue, body)
            return True

        await eventually(accepted)

    async def _mail_cut(self, _fault: Fault) -> None:
        self._house.mails.cut_after_data(2)

    async def _mail_down(self, fault: Fault) -> None:
        await self._house.mails.stop()
        try:
            await lasts(fault.seconds)
        finally:
            await self._house.mails.start()

    async def _refuse(self, fault: Fault) -> None:
        if fault.target == "smtp":
            self._house.mails.refuse("451 4.3.0 try later", 2)
        else:
            vendor = self._house.counterparts.vendors[fault.target]
            vendor.faults.extend([VendorFault.BUSY, VendorFault.FAIL])

    async def _vendor(self, fault: Fault, what: VendorFault) -> None:
        self._house.counterparts.vendors[fault.target].faults.extend([what, what])

    async def _forget_tokens(self, fault: Fault) -> None:
        self._house.counterparts.vendors[fault.target].forget_tokens()

    async def _lose(self, fault: Fault) -> None:
        """A service is down, its queue fills, and what is in it is lost."""
        service, _, message = fault.target.partition("/")
        process, queue = self._house.processes[service], f"{service}.{message}"
        await process.ready()
        process.pause()
        try:
            stirring = asyncio.create_task(self._workload.stir())
            await lasts(1.0)
        finally:
            process.kill()
        self.lost += await self._house.purge(queue)
        process.spawn()
        await stirring

    async def _repeat(self, fault: Fault) -> None:
        """The older half of what was said comes once more, late and in any order."""
        service, _, message = fault.target.partition("/")
        bodies = await self._house.observed(message)
        bodies = bodies[: len(bodies) // 2]
        self._chance.shuffle(bodies)
        for body in bodies:
            await self._publish(f"{service}.{message}", body)

    async def _down(self, fault: Fault) -> None:
        """Nobody answers at that address for a while."""
        link = self._link(fault)
        link.down()
        try:
            await lasts(fault.seconds)
        finally:
            await link.start()

    async def _cut(self, fault: Fault) -> None:
        self._link(fault).cut()

    async def _hole(self, fault: Fault) -> None:
        link = self._link(fault)
        link.blackhole()
        try:
            await lasts(fault.seconds)
        finally:
            link.heal()

    async def _lost_reply(self, fault: Fault) -> None:
        """What was asked is done, and whoever asked never learns it."""
        self._link(fault).reset_after(0)

    def _link(self, fault: Fault) -> FaultProxy:
        return self._house.links[fault.target]


async def lasts(seconds: float) -> None:
    """A fault goes on for so long; nothing is waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    await eventually(lambda: loop.time() >= end, seconds=seconds + 10, every=0.05)
