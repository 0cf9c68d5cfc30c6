"""A Comptoir that answers what a test tells it to: what the command line makes of answers hard to bring about."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from services.cli.client import Api

Answer = tuple[int, Any]


class Script(ThreadingHTTPServer):
    """Answers what it was told to, one after another, and remembers what it was asked."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, str]]] = []


class Handler(BaseHTTPRequestHandler):
    """One request of a script."""

    server: Script

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers))
        self.rfile.read(int(headers.get("content-length", 0)))
        status, content = self.server.answers.pop(0)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[Api, Script]]:
    script = Script(list(answers))
    thread = threading.Thread(target=script.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api = Api(f"http://127.0.0.1:{script.server_port}/", "shop-2")
    try:
        yield api, script
    finally:
        api.close()
        script.shutdown()
        thread.join()
        script.server_close()
