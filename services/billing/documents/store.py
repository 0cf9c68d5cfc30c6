"""The bytes of documents outside the database: in an S3-compatible store or a folder, by their own hash, written once.

`s3://bucket/prefix` takes the access that AWS's own variables name (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …),
`file:///folder` a folder that all processes share. An object is never written over: one that stands there with other
bytes is a fault for a person. fsspec speaks to both; its calls run on threads, each with a time limit.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import fsspec

SECONDS = 30.0
"""For a whole call, beyond the limits of the client for connecting and reading."""
S3_OPTIONS = {
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 20, "retries": {"max_attempts": 2}},
    "use_listings_cache": False,
    "skip_instance_cache": True,
}

T = TypeVar("T")


class StoreFailed(Exception):
    """The store did not take or give the bytes; ask again."""


class Store:
    """Bytes under `ab/abcdef….pdf` below a URL. The client is made at the first use."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._fs: Any = None
        self._root = ""

    async def put(self, sha256: str, content: bytes) -> None:
        """Write these bytes, unless they are there. Raises `StoreFailed`."""
        await self._call(lambda: self._put(sha256, content))

    async def get(self, sha256: str) -> bytes | None:
        """The bytes, None where there are none. Raises `StoreFailed`, also for bytes that are others."""
        content = await self._call(lambda: self._get(sha256))
        if content is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise StoreFailed(f"{sha256}: the store has other bytes")
        return content

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.to_thread(work)
        except StoreFailed:
            raise
        except Exception as error:
            raise StoreFailed(f"{type(error).__name__}: {error}"[:500]) from error

    def _put(self, sha256: str, content: bytes) -> None:
        fs, path = self._opened(), self._path(sha256)
        try:
            if self.url.startswith("file:"):
                self._put_file(path, content)
            else:
                fs.pipe_file(path, content, mode="create")
        except FileExistsError:
            if self._get(sha256) != content:
                raise StoreFailed(f"{sha256}: other bytes stand there already") from None

    def _put_file(self, path: str, content: bytes) -> None:
        """A file appears whole or not at all."""
        if self._fs.exists(path):
            raise FileExistsError(path)
        beside = f"{path}.{uuid4().hex}.part"
        self._fs.pipe_file(beside, content)
        self._fs.mv(beside, path)

    def _get(self, sha256: str) -> bytes | None:
        fs = self._opened()
        try:
            content: bytes = fs.cat_file(self._path(sha256))
        except FileNotFoundError:
            return None
        return content

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}.pdf"

    def _opened(self) -> Any:
        if self._fs is None:
            options = S3_OPTIONS if self.url.startswith("s3:") else {"auto_mkdir": True}
            self._fs, self._root = fsspec.url_to_fs(self.url, **options)
        return self._fs
