"""Which pictures a shop may have as its logo: small, whole, and nothing but a picture.

A PNG or JPEG is known by its own bytes, and its size read from them before anything decodes it. An SVG is parsed
without entities or network, and has shapes and colours alone: no script, no style, no text in a typeface that we may
not have, no reference to anything. Nothing is ever fetched.
"""

import hashlib
import re
from collections.abc import Iterator

from lxml import etree

from services.billing.domain import Logo

LARGEST = 400 * 1024
"""Bytes."""
MOST_PIXELS = 3000
"""On a side."""
MOST_SHAPES = 3000
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset({
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "clipPath", "linearGradient", "radialGradient", "stop",
})  # fmt: skip
ATTRIBUTES = re.compile(
    r"id|d|x|y|x1|x2|y1|y2|r|rx|ry|cx|cy|fx|fy|width|height|points|transform|viewBox|version|offset|opacity"
    r"|preserveAspectRatio|fill|fill-rule|fill-opacity|stroke|stroke-[a-z]+|clip-path|clip-rule|clipPathUnits"
    r"|gradientUnits|gradientTransform|spreadMethod|stop-color|stop-opacity"
)
OUTSIDE = re.compile(r"url\((?!\s*#)|:", re.IGNORECASE)
"""A reference to anything but a part of the same picture."""
NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(?:px)?\s*")


class WrongLogo(ValueError):
    """The picture cannot be a logo; the text says why."""


def read_logo(content: bytes) -> Logo:
    """What a picture is. Raises `WrongLogo`."""
    if len(content) > LARGEST:
        raise WrongLogo(f"it has more than {LARGEST // 1024} kB")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, (width, height) = "image/png", _png_size(content)
    elif content.startswith(b"\xff\xd8\xff"):
        kind, (width, height) = "image/jpeg", _jpeg_size(content)
    else:
        kind, (width, height) = "image/svg+xml", _svg_size(content)
    if not (1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS):
        raise WrongLogo(f"a side has 1 to {MOST_PIXELS} pixels, and it has {width} × {height}")
    return Logo(hashlib.sha256(content).hexdigest(), kind, width, height)


def _png_size(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR" or len(content) < 24:
        raise WrongLogo("it is no whole PNG")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the frame header; the segments before it are passed over."""
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = content[place + 5 : place + 7], content[place + 7 : place + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    raise WrongLogo("it is no whole JPEG")


def _svg_size(content: bytes) -> tuple[int, int]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise WrongLogo("it is no PNG, no JPEG and no SVG") from None
    if root.getroottree().docinfo.doctype:
        raise WrongLogo("an SVG for a logo has no document type")
    for wrong in _objections(root):
        raise WrongLogo(wrong)
    return _view_box(root)


def _objections(root: etree._Element) -> Iterator[str]:
    """What stands in an SVG that may not."""
    if root.tag != f"{SVG}svg":
        yield "it is no SVG"
    for count, element in enumerate(root.iter()):
        if count > MOST_SHAPES:
            yield f"it has more than {MOST_SHAPES} shapes"
        if not isinstance(element.tag, str):
            yield "an SVG for a logo has no comments, entities or instructions"
            continue
        name = element.tag.removeprefix(SVG)
        if name not in SHAPES:
            yield f"an SVG for a logo has no <{name}>: turn texts and effects into paths"
        for attribute, value in element.attrib.items():
            if not ATTRIBUTES.fullmatch(str(attribute)) or OUTSIDE.search(str(value)):
                yield f"an SVG for a logo has no {attribute} like this on <{name}>"


def _view_box(root: etree._Element) -> tuple[int, int]:
    """The size in its own units: the view box's, else width and height."""
    box = str(root.get("viewBox") or "").replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [str(root.get("width")), str(root.get("height"))]
    found = [NUMBER.fullmatch(side) for side in sides]
    if not all(found):
        raise WrongLogo("an SVG for a logo has a viewBox, or a width and a height in pixels")
    width, height = (max(1, round(float(match[1]))) for match in found if match)
    return width, height
