"""Where effects go: SMTP (and the key that signs mails), Twilio or another SMS gateway, Amazon and eBay accounts.

`COMPTOIR_SMTP__HOST=…`, `COMPTOIR_AMAZON__REFRESH_TOKEN=…` and so on name the accounts of every shop;
`COMPTOIR_SHOP_ACCOUNTS` is a JSON object that gives a shop its own (`{"my-shop": {"amazon": {…}}}`). An account as a
whole may be a JSON object in `COMPTOIR_SMTP_FILE` etc. Where a channel has no account and `sandbox` is on, its sandbox
stands in; where it has none at all, its obligations are rejected with that reason.
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from services.notifications.settings.gateway import SmsGateway
from shared import settings


def _from_json(value: Any) -> Any:
    """A mounted file gives text where the environment gives an object."""
    return json.loads(value) if isinstance(value, str) else value


def _fernet_keys(keys: SecretStr | None) -> SecretStr | None:
    """Each is 32 bytes in URL-safe base64; said at the start, and not when a seller types in credentials."""
    for key in [] if keys is None else keys.get_secret_value().split(","):
        try:
            Fernet(key.strip())
        except ValueError:
            raise ValueError("is no list of Fernet keys (32 bytes in URL-safe base64)") from None
    return keys


class _Account(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SmtpAccount(_Account):
    """A mail relay."""

    host: str
    port: int = 587
    username: str | None = None
    password: SecretStr | None = None
    security: Literal["none", "starttls", "tls"] = "starttls"
    connections: int = Field(default=4, ge=1, le=32)


class DkimKey(_Account):
    """The key that signs a shop's mails, and where its public half stands: `<selector>._domainkey.<domain>`.

    Exactly one of `private_key` (PEM, RSA) and `private_key_file`.
    """

    domain: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
    selector: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")
    private_key: SecretStr | None = None
    private_key_file: Path | None = None

    @cached_property
    def pem(self) -> bytes:
        """The key itself."""
        if self.private_key is not None:
            return self.private_key.get_secret_value().encode()
        return b"" if self.private_key_file is None else self.private_key_file.read_bytes()

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        """Said at the start, and not when the first mail leaves."""
        if (self.private_key is None) == (self.private_key_file is None):
            raise ValueError("exactly one of private_key and private_key_file")
        try:
            key = load_pem_private_key(self.pem, password=None)
        except (OSError, ValueError, TypeError):
            raise ValueError("the private key cannot be read, or is no PEM") from None
        if not isinstance(key, RSAPrivateKey) or key.key_size < 1024:
            raise ValueError("the private key is no RSA key of 1024 bits or more")
        return self


class TwilioAccount(_Account):
    """Exactly one of `sender` (E.164 or an alphanumeric name) and `messaging_service_sid`."""

    base_url: str = "https://api.twilio.com"
    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr
    sender: str | None = None
    messaging_service_sid: str | None = None
    validity_seconds: int = Field(default=14_400, ge=1, le=36_000, description="an SMS older than this is not sent")


def _one_provider(gateway: SmsGateway | None, info: ValidationInfo) -> SmsGateway | None:
    if gateway is not None and info.data.get("twilio") is not None:
        raise ValueError("there is a Twilio account too; SMS leave by one of them")
    return gateway


Gateway = Annotated[SmsGateway | None, BeforeValidator(_from_json), AfterValidator(_one_provider)]


class AmazonAccount(_Account):
    """A seller's SP-API application; the defaults are Europe and amazon.fr."""

    base_url: str = "https://sellingpartnerapi-eu.amazon.com"
    token_url: str = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address
    marketplace_id: str = "A13V1IB3VIYZZH"
    seller_id: str | None = Field(default=None, description="needed to send stock levels")
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    carriers: dict[str, str] = Field(default={}, description="our carrier name → Amazon's carrierCode")


class EbayAccount(_Account):
    """A seller's consent to our eBay application; the base URL has the API's base path."""

    base_url: str = "https://api.ebay.com/sell/fulfillment/v1"
    inventory_url: str = "https://api.ebay.com/sell/inventory/v1"
    post_order_url: str = "https://api.ebay.com/post-order/v2"
    token_url: str = "https://api.ebay.com/identity/v1/oauth2/token"  # noqa: S105 - an address
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    carriers: dict[str, str] = Field(default={}, description="our carrier name → eBay's code")
    signature_key: SecretStr | None = Field(default=None, description="the JWE of eBay's Key Management API")
    private_key: SecretStr | None = Field(
        default=None, description="its Ed25519 key, PEM or bare base64; signs refunds and cancellations"
    )
    cancel_days: int = Field(
        default=30, ge=1, le=365, description="how long after the purchase eBay lets it be cancelled"
    )


class Accounts(_Account):
    """The accounts of one shop, or of all that have none of their own."""

    smtp: Annotated[SmtpAccount | None, BeforeValidator(_from_json)] = None
    dkim: Annotated[DkimKey | None, BeforeValidator(_from_json)] = None
    twilio: Annotated[TwilioAccount | None, BeforeValidator(_from_json)] = None
    sms_gateway: Gateway = None
    amazon: Annotated[AmazonAccount | None, BeforeValidator(_from_json)] = None
    ebay: Annotated[EbayAccount | None, BeforeValidator(_from_json)] = None


class Settings(settings.Settings):
    """The settings of notifications."""

    model_config = SettingsConfigDict(env_prefix=settings.PREFIX, env_nested_delimiter="__", extra="ignore")

    smtp: Annotated[SmtpAccount | None, BeforeValidator(_from_json)] = None
    dkim: Annotated[DkimKey | None, BeforeValidator(_from_json)] = None
    twilio: Annotated[TwilioAccount | None, BeforeValidator(_from_json)] = None
    sms_gateway: Gateway = None
    amazon: Annotated[AmazonAccount | None, BeforeValidator(_from_json)] = None
    ebay: Annotated[EbayAccount | None, BeforeValidator(_from_json)] = None
    shop_accounts: Annotated[dict[str, Accounts], BeforeValidator(_from_json)] = Field(default={})
    sealing_keys: Annotated[SecretStr | None, AfterValidator(_fernet_keys)] = Field(
        default=None, description="Fernet keys, comma-separated, that seal credentials given over the API"
    )
    pull_seconds: float = Field(default=5.0, gt=0, description="how often it is looked which marketplaces are due")
    webhook_seconds: float = Field(default=20.0, gt=0, le=30, description="how long a webhook's receiver may take")
    webhook_loopback: bool | None = Field(
        default=None, description="whether webhooks and push may go to this machine; none: where `sandbox` is on"
    )
    vapid_private_key: SecretStr | None = Field(
        default=None, description="the key that push messages are signed with, base64url; none: made and kept"
    )
    vapid_subject: str = Field(
        default="https://comptoir.invalid",
        pattern=r"^(mailto:[^@\s]+@[\w.-]+\.[\w-]+|https://[\w-]+(\.[\w-]+)+)$",
        description="`mailto:` and an address, or `https:` and a host: whom a push service may turn to",
    )
    call_seconds: float = Field(default=10.0, gt=0, description="how long a call may take before it counts as unknown")
    deliver_seconds: float = Field(default=1.0, gt=0, description="how often the worker looks by itself")
    lease_seconds: float = Field(default=30.0, gt=0, description="after which another worker takes an attempt over")
    documents_url: str | None = Field(
        default=None, pattern=r"^https?://[^\s/]+", description="where billing answers; none: mails carry no documents"
    )
    document_seconds: float = Field(
        default=60.0, ge=0, le=3600, description="how long a mail waits for its documents; then they follow it"
    )
    concurrency: int = Field(default=32, ge=1, le=200, description="calls in flight per lane")
    keep_attempts_days: int = Field(default=90, ge=1, description="attempts and sent texts are forgotten after")

    @property
    def loopback(self) -> bool:
        """Whether addresses that sellers give may lead to this machine."""
        return self.sandbox if self.webhook_loopback is None else self.webhook_loopback

    def accounts(self, shop: str) -> Accounts:
        """The accounts that a shop's effects leave by."""
        own = self.shop_accounts.get(shop, Accounts())
        sms = own if own.twilio or own.sms_gateway else self
        return Accounts(
            smtp=own.smtp or self.smtp,
            twilio=sms.twilio,
            sms_gateway=sms.sms_gateway,
            dkim=own.dkim or self.dkim,
            amazon=own.amazon or self.amazon,
            ebay=own.ebay or self.ebay,
        )
