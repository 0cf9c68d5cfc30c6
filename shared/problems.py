"""Errors a caller can do something about, as RFC 9457 problems.

One base; each subclass stands beside the code that raises it. `shared.web` turns them into
`application/problem+json`. A conflict that a user can cause is never a 500.
"""

from typing import Any, ClassVar


class Problem(Exception):
    """An expected refusal.

    `detail` says in one sentence what is wrong and what to do; keyword arguments become members of the problem
    document (for example `allowed=[…]`).
    """

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "conflict"
    title: ClassVar[str] = "The request conflicts with the present state"

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members

    def document(self) -> dict[str, Any]:
        """The problem document."""
        return {
            "type": f"urn:comptoir:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }


class NotFound(Problem):
    """There is no such thing, or it belongs to another shop."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Invalid(Problem):
    """The input is well-formed but cannot be accepted; `errors` names the fields."""

    status = 422
    slug = "invalid"
    title = "The input is not valid"

    def __init__(self, detail: str, *, field: str | None = None, **members: Any) -> None:
        if field is not None:
            members.setdefault("errors", [{"field": field, "detail": detail}])
        super().__init__(detail, **members)


class Unavailable(Problem):
    """Something needed is not there yet; the caller may try again."""

    status = 503
    slug = "unavailable"
    title = "Not available yet"
