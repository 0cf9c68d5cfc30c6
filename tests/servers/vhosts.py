"""Fresh RabbitMQ virtual hosts for tests: an empty broker each, at the price of a message.

`rabbitmqctl` starts an Erlang machine of its own, half a second whatever it does; so hosts are made ten at a time, and
those that tests are done with are deleted in the same call. Names of queues and exchanges may then be the real ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.rabbitmq import RabbitMQ

BATCH = 10


class VirtualHosts:
    """The virtual hosts of one server, made and deleted in batches."""

    def __init__(self, server: RabbitMQ) -> None:
        self._server = server
        self._made = 0
        self._fresh: list[str] = []
        self._used: list[str] = []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of an empty virtual host, which may be deleted after the block."""
        if not self._fresh:
            self._refill()
        name = self._fresh.pop()
        try:
            yield self._server.url + name
        finally:
            self._used.append(name)

    def _refill(self) -> None:
        self._fresh = [f"test{number}" for number in range(self._made, self._made + BATCH)]
        self._made += BATCH
        permissions = '<<".*">>, <<".*">>, <<".*">>'
        calls = [f'rabbit_vhost:delete(<<"{name}">>, <<"tests">>)' for name in self._used]
        for name in self._fresh:
            host = f'<<"{name}">>'
            calls.append(f'rabbit_vhost:add({host}, <<"tests">>)')
            granted = f'<<"guest">>, {host}, {permissions}, <<"tests">>'
            calls.append(f"rabbit_auth_backend_internal:set_permissions({granted})")
        self._server.ctl("eval", ", ".join([*calls, "ok."]))
        self._used.clear()
