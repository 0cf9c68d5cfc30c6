"""What the schemas of answers are made of: their base, lists, and the kinds of values that JSON has no word for.

Routes answer prepared JSON, which nothing checks or converts on its way out; the models that describe it stand in each
service's `api/answers` and are there for the OpenAPI document alone. The tests hold every answer to them
(`tests/answers.py`): a field that no model names fails there, while clients may meet new ones.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

T = TypeVar("T")


def _absent(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Sometimes = Annotated[T | SkipJsonSchema[None], Field(json_schema_extra=_absent)]
"""A field that is left out where there is nothing to say, and is never null; declare it with `= None`."""

Amount = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="in units of the currency, with its decimals", examples=["12.50"]
    ),
]
Number = Annotated[
    str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal number as a string", examples=["20"])
]
Minor = Annotated[int, Field(description="in the currency's minor unit (cents)")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["EUR"])]
Language = Annotated[str, Field(description="a BCP 47 tag", examples=["fr"])]


class AnswerModel(BaseModel):
    """The base of answers' models. Pydantic compiles one when the document is first asked for, not at every start."""

    model_config = ConfigDict(defer_build=True)


class Listed(AnswerModel, Generic[T]):
    """A list; `next` goes into `after` of the next request, null at the end."""

    items: list[T]
    next: str | None
    total: int
