"""Liquid that can waste neither time nor memory, and reaches no object: plain values in, plain text out.

The engine's own limits bound loops, output and variables, but neither the work done inside loops nor what filters make
of their input (nine `replace` in a row are a gigabyte). Here every node and every character that a filter reads or
writes is counted; a text that needs more than an order of a thousand lines does is refused.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from liquid import BoundTemplate, Environment, RenderContext, Token, Undefined
from liquid.exceptions import LiquidError, ResourceLimitError

TEXT_LENGTH = 50_000
TAG_LENGTH = 1_000
"""Of one `{{ … }}` or `{% … %}`: the parser's time grows with its square."""
STEPS = 50_000
"""Nodes rendered."""
WORK = 500_000
"""Characters and items that filters read and write."""

WRITTEN = 40_000
"""Bytes of a text that is saved, filled in for a small order: with the skeleton around it, a mail stays below 60 kB."""
SMS_LENGTH = 1_600
"""Characters of an SMS that providers take, in ten parts and more."""

NOT_OFFERED = ("include", "render", "tablerow")
"""There is no other text to take in, and no table in a mail's text part."""


class BadText(Exception):
    """A text that cannot be filled in: `detail`, and where it is known the place, both counted from 1."""

    def __init__(self, detail: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail if line is None else f"line {line}, column {column}: {detail}")
        self.detail, self.line, self.column = detail, line, column


class _Metered(RenderContext):
    """Counts what a rendering costs: every node asks for the disabled tags first, every expression for its filters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._steps, self._work = 0, 0
        super().__init__(*args, **kwargs)

    @property
    def disabled_tags(self) -> list[str]:
        """None; asked for once a node."""
        self._steps += 1
        if self._steps > STEPS:
            raise ResourceLimitError("the text does too much work", token=None)
        return []

    @disabled_tags.setter
    def disabled_tags(self, value: list[str]) -> None:
        """The engine sets it once, to none."""

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """The filter, which refuses before it makes too much of its input."""
        found = super().filter(name, token)

        def metered(*args: Any, **kwargs: Any) -> object:
            self._spend(sum(map(_weight, args)) + _growth(name, args), token)
            return found(*args, **kwargs)

        return metered

    def _spend(self, work: int, token: Token | None) -> None:
        self._work += work
        if self._work > WORK:
            raise ResourceLimitError("the text does too much work", token=token)


class _Template(BoundTemplate):
    context_class = _Metered


class Liquid(Environment):
    """The engine with its limits."""

    template_class = _Template
    loop_iteration_limit: ClassVar[int | None] = 10_000
    output_stream_limit: ClassVar[int | None] = 200_000  # of a long order; the mail shows what it has room for
    local_namespace_limit: ClassVar[int | None] = 100_000
    context_depth_limit: ClassVar[int] = 20

    def __init__(self, undefined: type[Undefined] = Undefined) -> None:
        super().__init__(undefined=undefined)
        for name in NOT_OFFERED:
            del self.tags[name]


_liquid = Liquid()


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text filled in, not escaped for anything; a variable that does not exist is nothing. Raises `BadText`."""
    if "{" not in text:
        return text.strip()
    return filled(text, _parsed(text), variables)


def parse(text: str, liquid: Liquid) -> BoundTemplate:
    """The text, ready to be filled in. Raises `BadText`."""
    if len(text) > TEXT_LENGTH:
        raise BadText(f"the text is longer than {TEXT_LENGTH} characters")
    _check_tags(text)
    try:
        return liquid.from_string(text)
    except LiquidError as error:
        raise said(text, error) from error
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise BadText("the text is no Liquid") from error


def filled(text: str, template: BoundTemplate, variables: Mapping[str, Any]) -> str:
    """The parsed text filled in. Raises `BadText`."""
    try:
        return template.render(**variables).strip()
    except LiquidError as error:
        raise said(text, error) from error
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:  # filters let Python's own through
        raise BadText(f"a filter cannot do that: {error}") from error


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, counted from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def said(text: str, error: LiquidError) -> BadText:
    """What the engine says is wrong, and where."""
    detail = " ".join(str(error.message).split())
    if error.token is None or error.token.start_index < 0:
        return BadText(detail)
    return BadText(detail, *place(text, error.token.start_index))


@lru_cache(maxsize=256)
def _parsed(text: str) -> BoundTemplate:
    return parse(text, _liquid)


def _check_tags(text: str) -> None:
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        start = text.find(opening)
        while start >= 0:
            end = text.find(closing, start)
            if (len(text) if end < 0 else end) - start > TAG_LENGTH:
                raise BadText(f"what stands in {opening} {closing} is too long, or is not closed", *place(text, start))
            start = text.find(opening, start + 2)


def _weight(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, range):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(len(item) if isinstance(item, str) else 1 for item in value)
    return 1


def _growth(name: str, args: tuple[Any, ...]) -> int:
    """What a filter adds to its input, where that may be a product."""
    if name.startswith("replace") and len(args) > 2:
        return str(args[0]).count(str(args[1])) * len(str(args[2]))
    if name == "join" and isinstance(args[0], list | tuple | range):
        return len(args[0]) * len(str(args[1] if len(args) > 1 else " "))
    return 0
