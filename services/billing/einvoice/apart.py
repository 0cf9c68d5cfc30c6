"""Reading a foreign file in a process of its own, so that no file can harm the service: at worst it is unreadable."""

import asyncio
import json
import sys

from services.billing.einvoice import reader
from services.billing.einvoice.reader import Reading, UnreadableError

WAIT = 30.0
"""Seconds, more than the process has of its own (`reader.SECONDS` of CPU)."""
_AT_ONCE = asyncio.Semaphore(2)


async def read_apart(content: bytes) -> Reading:
    """What the file says. Raises `UnreadableError`."""
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # nothing of the surroundings: `reader` needs two libraries and nothing else
            reader.__file__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            answer, _ = await asyncio.wait_for(process.communicate(content), WAIT)
        except (TimeoutError, asyncio.CancelledError) as interrupted:
            process.kill()
            await process.wait()
            if isinstance(interrupted, asyncio.CancelledError):
                raise
            raise UnreadableError("reading it takes longer than any invoice") from None
    if process.returncode != 0:
        raise UnreadableError("it asks for more memory or time than any invoice, or is broken beyond reading")
    found = json.loads(answer)
    if "unreadable" in found:
        raise UnreadableError(found["unreadable"])
    return Reading(**{**found, "orders": tuple(found["orders"])})
