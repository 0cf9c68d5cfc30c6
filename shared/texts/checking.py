"""Whether a text will do, before any order needs it: it parses, names only what there is, and renders on the samples.

Names are looked up in the parsed text, so that a typo in a branch that no sample takes is found as well.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

from liquid import BoundTemplate, FalsyStrictUndefined

from shared.texts.limits import WRITTEN, BadText, Liquid, filled, parse, place
from shared.texts.samples import LANGUAGES, samples


class _Saved(Liquid):
    output_stream_limit: ClassVar[int | None] = WRITTEN


_strict = _Saved(undefined=FalsyStrictUndefined)
_OF_A_LIST = ("first", "last")


@lru_cache(maxsize=512)
def check(text: str, longest: int | None = None) -> None:
    """Raise `BadText` for a text that could not be filled in, or that speaks of what there is not.

    `longest`: so many characters it may have when it is filled in.
    """
    if "{" not in text:
        _check_length(text.strip(), longest)
        return
    template = parse(text, _strict)
    _check_names(text, template)
    for language in LANGUAGES:
        for variables in samples(language):
            _check_length(filled(text, template, variables), longest)


def _check_length(written: str, longest: int | None) -> None:
    if longest is not None and len(written) > longest:
        raise BadText(f"it has {len(written)} characters when it is filled in, and may have {longest}")


def _check_names(text: str, template: BoundTemplate) -> None:
    """The first name that there is not, in the order of the text."""
    found = template.analyze()
    wrong = [
        (span.index, f"there is no filter '{name}'")
        for name, spans in found.filters.items()
        if name not in _strict.filters
        for span in spans
    ]
    for variables in found.globals.values():
        wrong += [(one.span.index, fault) for one in variables for fault in _faults(one.segments)]
    if wrong:
        index, detail = min(wrong)
        raise BadText(detail, *place(text, index))


def _faults(segments: list[Any]) -> Iterator[str]:
    """What is wrong with `order.code` and the like; a part that is computed is known when it is rendered."""
    known: Any = samples(LANGUAGES[0])[1]  # the full one
    said = ""
    for segment in segments:
        if isinstance(segment, list) or known is None:
            return
        name = f"{said}.{segment}".removeprefix(".")
        if isinstance(known, list) and (isinstance(segment, int) or segment in _OF_A_LIST):
            known = known[0]
        elif segment == "size" and said:
            known = None
        elif isinstance(known, dict) and segment in known:
            known = known[segment]
        else:
            offered = f"; there is {', '.join(known)}" if isinstance(known, dict) else ""
            yield f"there is no '{name}'{offered}"
            return
        said = name
