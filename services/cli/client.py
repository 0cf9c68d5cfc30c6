"""HTTP to a running Comptoir: the address and the key from the environment, every refusal a `CliError`.

Synchronous, since a person waits for one answer; commands that send many requests share one client among threads.
Every run is one trace, whose id is told after a change.
"""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from services.cli.errors import CliError, Exit

DEFAULT_URL = "http://127.0.0.1:8000"
SERVICES = ("orders", "inventory", "billing", "notifications")
"""As in `shared.web.routes`, which would load the whole of a server; a test compares."""

PAGE = 200
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
AGAIN_SECONDS = (0.2, 1.0, 3.0)
"""Pauses before a request that may be repeated is repeated; then it has failed."""

MOST_NAMED = 5
"""Errors of a problem that are told one by one, where its sentence does not."""

Json = dict[str, Any]


class Refused(CliError):
    """The service answered with a problem; `status` and `problem` are its own."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem = _problem(response)
        super().__init__(_cause(self.problem), _remedy(self.status, self.problem))


class Api:
    """One address, one key, one trace; address and shop default to the environment's."""

    def __init__(self, url: str | None = None, shop: str | None = None) -> None:
        self.url = (url or os.environ.get("COMPTOIR_URL") or DEFAULT_URL).rstrip("/")
        self.trace = secrets.token_hex(16)
        headers = {"traceparent": f"00-{self.trace}-{secrets.token_hex(8)}-01"}
        if key := administrator_key():
            headers["Authorization"] = f"Bearer {key}"
        if shop := shop or os.environ.get("COMPTOIR_SHOP"):
            headers["Comptoir-Shop"] = shop
        try:
            loopback = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}  # where no proxy is wanted
            self._http = httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT, trust_env=not loopback)
        except (httpx.InvalidURL, ValueError) as error:
            raise CliError(f"{self.url!r} is no address: {error}.", "Set COMPTOIR_URL.", Exit.USAGE) from None

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Json:
        """The JSON at a path; query values that are None are left out."""
        return self._json(self._send("GET", path, query=query, may_repeat=True))

    def pages(self, path: str, *, limit: int | None = None, **query: Any) -> Iterator[Json]:
        """The items of a list, page after page, `limit` of them at the most."""
        after: str | None = None
        left = limit
        while left is None or left > 0:
            page = self.get(path, **query, limit=PAGE if left is None else min(left, PAGE), after=after)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return
            left = None if left is None else left - len(page["items"])

    def pieces(self, path: str, **query: Any) -> Iterator[bytes]:
        """A file at a path, piece by piece; one that breaks off raises like an answer that does not come."""
        try:
            with self._http.stream("GET", path, params=query) as response:
                if not response.is_success:
                    response.read()
                    raise Refused(response)
                yield from response.iter_bytes()
        except httpx.HTTPError as failure:
            raise self._unreachable(failure) from None

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        may_repeat: bool = False,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Json:
        """Send a change.

        It is repeated when its outcome is not known if it has an idempotency `key`, or if it does no harm twice
        (`may_repeat`).
        """
        sent = dict(headers or {}) | ({} if key is None else {"Idempotency-Key": key})
        repeat = may_repeat or key is not None
        return self._json(self._send("POST", path, query=query, body=body, headers=sent, may_repeat=repeat))

    def upload(self, path: str, file: Path, said: Mapping[str, str]) -> Json:
        """Send a file and what is said of it; repeated when its outcome is not known, since twice is as once."""
        parts = {"file": (file.name, file.read_bytes(), "application/octet-stream")}
        return self._json(self._send("POST", path, data=said, files=parts, may_repeat=True))

    def put(self, path: str, body: Any, **query: Any) -> Json:
        """Bring something to what the body says; repeated when its outcome is not known, since twice is as once."""
        return self._json(self._send("PUT", path, query=query, body=body, may_repeat=True))

    def delete(self, path: str) -> None:
        self._send("DELETE", path, may_repeat=False)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        may_repeat: bool,
    ) -> httpx.Response:
        params = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        pauses = iter(AGAIN_SECONDS if may_repeat else ())
        while True:
            error: CliError
            try:
                response = self._http.request(
                    method, path, params=params, json=body, data=data, files=files, headers=dict(headers or {})
                )
            except httpx.HTTPError as failure:
                error = self._unreachable(failure)
            else:
                if response.is_success:
                    return response
                error = Refused(response)
                if response.status_code not in {502, 503, 504}:
                    raise error
            pause = next(pauses, None)
            if pause is None:
                raise error
            time.sleep(pause)

    def _json(self, response: httpx.Response) -> Json:
        try:
            answer: Json = response.json()
        except ValueError:
            raise CliError(f"{self.url} is no Comptoir: it answered no JSON.", "Check COMPTOIR_URL.") from None
        return answer

    def _unreachable(self, failure: httpx.HTTPError) -> CliError:
        if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout):
            return CliError(
                f"Nothing answers at {self.url}.",
                "Start it with `make run`, or set COMPTOIR_URL to where it runs.",
                Exit.UNREACHABLE,
            )
        return CliError(
            f"{self.url} did not answer in full: {type(failure).__name__}.",
            "Look whether it is still running, then run the command again.",
            Exit.UNREACHABLE,
        )


def administrator_key() -> str | None:
    """`COMPTOIR_API_KEY`, or the file it is mounted as, or the one that `comptoir run` left beside its data."""
    if key := os.environ.get("COMPTOIR_API_KEY"):
        return key
    file = os.environ.get("COMPTOIR_API_KEY_FILE") or Path(os.environ.get("COMPTOIR_VAR") or "var") / "admin-key"
    try:
        return Path(file).read_text().strip() or None
    except OSError:
        return None


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def _word(value: Any) -> str | list[str]:
    """As a query has it; several values stand there several times."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problem(response: httpx.Response) -> Json:
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict) and "title" in document:
        return document
    return {"title": f"HTTP {response.status_code}", "detail": f"{response.url} answered {response.reason_phrase}."}


def _cause(problem: Json) -> str:
    detail = str(problem.get("detail") or problem["title"])
    allowed = problem.get("allowed")
    detail += f" Allowed: {', '.join(map(str, allowed))}." if isinstance(allowed, list) and allowed else ""
    named = [f"{error['field']}: {error['detail']}" for error in problem.get("errors") or ()]
    unsaid = [said for said in named if said.partition(": ")[2] not in detail]
    more = "; ".join(unsaid[:MOST_NAMED]) + ("; …" if len(unsaid) > MOST_NAMED else "")
    return f"{detail} {more}" if more else detail


def _remedy(status: int, problem: Json) -> str:
    if known := problem.get("known"):
        return f"There are: {', '.join(map(str, known))}."
    if status == 401:
        return "Set COMPTOIR_API_KEY to a valid key; `comptoir run` prints the administrator's."
    if status == 403:
        return "Use a key with that scope: comptoir keys create NAME --scope SCOPE."
    if status == 404:
        return "Check the name; the list commands show what there is."
    if status == 422:
        return "Correct the input and try again."
    if status >= 500:
        return "Try again; if it stays, look into the log of the service."
    return str(problem.get("title", "")).rstrip(".") + ": look at it as it now is, and try again."
