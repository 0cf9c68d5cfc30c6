"""Writing XML by its shape: `node("ram:ID", "FA-1", schemeID="0002")`, where what says nothing is left out.

EN 16931 forbids empty elements, and most of its fields are optional; so a node without content is no node at all, and a
writer reads like the document it makes. Names of clients may hold characters that XML has no way to write: those go.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from lxml import etree

Node = etree._Element
Content: TypeAlias = "str | Node | Iterable[Node | None] | None"

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup:
    """Makes nodes whose names have these prefixes."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = dict(namespaces)

    def __call__(self, name: str, *content: Content, **attributes: str) -> Node | None:
        """A node of texts and nodes; None where all of them are empty."""
        made = self.root(name, *content, **attributes)
        return made if made.text or len(made) else None

    def root(self, name: str, *content: Content, **attributes: str) -> Node:
        """The same, always a node."""
        prefix, _, local = name.rpartition(":")
        tag = etree.QName(self._namespaces[prefix], local)
        made = etree.Element(tag, nsmap={key or None: uri for key, uri in self._namespaces.items()})
        for part in content:
            if isinstance(part, str):
                made.text = _UNWRITABLE.sub("", part).strip()
            elif isinstance(part, etree._Element):
                made.append(part)
            elif part is not None:
                made.extend([node for node in part if node is not None])
        for key, value in attributes.items():
            made.set(key, value)
        return made


def written(root: Node) -> bytes:
    """The document's bytes, the same every time."""
    etree.cleanup_namespaces(root, keep_ns_prefixes=list(filter(None, root.nsmap)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
