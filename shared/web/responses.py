"""The two kinds of answer: JSON, and a problem document."""

from typing import Any

import orjson
from fastapi.responses import Response


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON by orjson; `content` is made of plain types."""
    # A row of SQLAlchemy has a subclass of str for its columns' names, which orjson refuses as keys otherwise.
    return Response(
        orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS), status, headers, media_type="application/json"
    )


def problem_document(status: int, slug: str, title: str, detail: str, **members: Any) -> dict[str, Any]:
    """A problem that no `shared.problems.Problem` stands for."""
    return {"type": f"urn:comptoir:problem:{slug}", "title": title, "status": status, "detail": detail, **members}


def problem_response(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A problem document with its media type."""
    return Response(orjson.dumps(document, default=str), document["status"], headers, "application/problem+json")
