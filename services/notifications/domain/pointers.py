"""JSON pointers (RFC 6901), by which settings say where a stranger's document has what counts."""

from typing import Any


def pointed(document: Any, pointer: str) -> Any:
    """What stands there; None where nothing does. The empty pointer is the whole document."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document
