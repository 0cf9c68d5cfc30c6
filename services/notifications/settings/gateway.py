"""A gateway of SMS as its seller describes it: what is sent, and where in its answers and reports stands what counts.

Everything that cannot be right is refused here, at the start and with the field's name; `channels.sms` uses the rest.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator


class _Account(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS = frozenset({"to", "to_digits", "text", "sender", "reference", "validity", "callback"})
"""What a gateway's templates may name: `to` in E.164, `to_digits` the same without its "+", `validity` in seconds."""

Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^~/]|~[01])*)*$")]
"""A JSON pointer (RFC 6901); a form's field is `/field`."""


class GatewayReports(_Account):
    """How a gateway reports what became of an SMS, and proves that it is the gateway."""

    secret: SecretStr = Field(min_length=16)
    proof: Literal["hmac-sha256", "token"] = Field(
        default="hmac-sha256", description="the header holds the body's HMAC (hex or base64), or the secret itself"
    )
    header: str = Field(default="X-Signature", pattern=r"^[A-Za-z0-9-]+$")
    reference: Pointer | None = Field(default=None, description="where our reference stands")
    id: Pointer | None = Field(default=None, description="where the gateway's own id stands")
    status: Pointer
    code: Pointer | None = Field(default=None, description="where the reason stands, if it failed")
    statuses: dict[str, Literal["sent", "delivered", "undelivered", "failed"]] = Field(
        default={}, description="the gateway's words; one of our own need not be translated"
    )

    @model_validator(mode="after")
    def _says_which(self) -> "GatewayReports":
        if self.reference is None and self.id is None:
            raise ValueError("'reference' or 'id' has to say where a report names its SMS")
        return self


class SmsGateway(_Account):
    """A provider of SMS that takes one HTTP request for each. `json_body` and `form` are templates of strings with
    `{to}`, `{text}` and so on in them; exactly one is given.
    """

    url: str
    method: Literal["POST", "PUT"] = "POST"
    headers: dict[str, SecretStr] = Field(default={}, description="authorisation, mostly")
    json_body: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    sender: str = ""
    id: Pointer | None = Field(default=None, description="where the answer has the gateway's id of the SMS")
    status: Pointer | None = Field(default=None, description="where the answer says whether it was taken")
    accepted: tuple[str, ...] = Field(default=(), description="what it says there, if so")
    look_up_url: str | None = Field(default=None, description="finds an SMS by `{reference}`; none: a person decides")
    look_up_id: Pointer = Field(default="", description="what the answer to that has, if it was taken")
    validity_seconds: int = Field(default=14_400, ge=60, le=172_800, description="an SMS older than this is not sent")
    reports: GatewayReports | None = None

    @model_validator(mode="after")
    def _complete(self) -> "SmsGateway":
        if (self.json_body is None) == (self.form is None):
            raise ValueError("exactly one of 'json_body' and 'form' is needed")
        if (self.status is None) != (not self.accepted):
            raise ValueError("'status' and 'accepted' belong together")
        for name, url in (("url", self.url), ("look_up_url", self.look_up_url)):
            if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
                raise ValueError(f"'{name}' must be an address with http or https")
        if self.look_up_url is not None and "{reference}" not in self.look_up_url:
            raise ValueError("'look_up_url' has to name {reference}")
        named = {name for text in _texts(self.json_body or self.form) for name in PLACEHOLDER.findall(text)}
        if unknown := named - PLACEHOLDERS:
            raise ValueError(f"{{{min(unknown)}}} is not known; there is {', '.join(sorted(PLACEHOLDERS))}")
        if "text" not in named or not named & {"to", "to_digits"}:
            raise ValueError("the body has to name {text}, and {to} or {to_digits}")
        if self.look_up_url is not None and "reference" not in named:
            raise ValueError("what 'look_up_url' is to find has to be sent: the body has to name {reference}")
        return self


def _texts(template: Any) -> Iterator[str]:
    """Every string of a template."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict | list):
        for part in template.values() if isinstance(template, dict) else template:
            yield from _texts(part)
