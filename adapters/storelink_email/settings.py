"""The options of the e-mail channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Required, Self, TypedDict

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    field_validator,
    model_validator,
)

from storelink_email.mailbox import Mailbox
from storelink_email.server import Server

LARGEST: Final = 25_000_000
"""What most mailboxes take (Gmail Help, "Send attachments with your Gmail message": 25 MB)."""

LONGEST_BOUNCER: Final = 64 - len("+") - 32
"""What may stand before the @ of a bounce address: 64 octets hold the message's mark, too
(RFC 5321, section 4.5.3.1.1)."""


def _address(text: str) -> str:
    if Mailbox.parse(text).needs_utf8:
        raise ValueError("the part before the @ must be ASCII")
    return text


def _bounce_address(text: str) -> str:
    mailbox = Mailbox.parse(_address(text))
    local = mailbox.address.rpartition("@")[0]
    if mailbox.name or '"' in local or len(local) > LONGEST_BOUNCER:
        raise ValueError(
            f"must be a bare address with at most {LONGEST_BOUNCER} characters before the @, for "
            "example bounces@atelier.example"
        )
    return text


def _table(value: Any) -> Any:
    return {"sender": value} if isinstance(value, str) else value


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, Mapping | Dkim) else value


Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[
    str, Field(max_length=253, pattern=r"^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$")
]
_FROZEN = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Dkim(BaseModel):
    """A key that signs mails (RFC 6376).

    Attributes:
        domain: whose signature it is, for example `"atelier.example"`.
        selector: names the key: its record is at `<selector>._domainkey.<domain>`.
        key_file: the private key, RSA or Ed25519 (PEM without a password).
    """

    model_config = _FROZEN

    domain: Host
    selector: Host
    key_file: FilePath


class Sender(BaseModel):
    """Who mails are from.

    Attributes:
        sender: for example `"Atelier <hello@atelier.example>"`.
        reply_to: where answers go, if not to the sender.
        bounce_address: where mails come back to that cannot be delivered, if not to the sender.
            Each mail has its own: `bounces@atelier.example` becomes
            `bounces+<digest of the key>@atelier.example`.
    """

    model_config = _FROZEN

    sender: Address
    reply_to: Address | None = None
    bounce_address: Annotated[str, AfterValidator(_bounce_address)] | None = None


class EmailSettings(Sender):
    """How to hand over mail.

    Attributes:
        url: the SMTP server, for example `"smtp://user:password@mail.example"`. `smtp` uses
            STARTTLS where it is offered, and insists on it with credentials; `smtp+starttls`
            always insists; `smtps` is TLS from the start; `smtp+plain` never uses TLS.
        senders: who the mails of some stores are from, by the store's name: an address, or a
            `Sender`.
        dkim: the keys that sign. A mail has one signature by each key of its sender's domain.
        feedback_id: names you in Gmail's feedback reports (5 to 15 characters); by default
            `"storelink"` in mails that are signed here, and nothing in others.
        bounce_key: makes the marks of mails such that nobody can make one up: any 16 characters or
            more, kept secret. With another key, reports of mails that went before are not believed.
        bounce_mailbox: where mails that come back arrive, to be read: a Maildir, or an mbox file.
            It needs `bounce_key`.
        timeout: seconds to wait for each answer of the server.
        ca_file: certificates (PEM) to trust, for a server with a certificate of its own making.
        max_bytes: how large a whole mail may be, attachments included as they are encoded.
    """

    url: SecretStr
    senders: dict[str, Annotated[Sender, BeforeValidator(_table)]] = Field(default_factory=dict)
    dkim: Annotated[tuple[Dkim, ...], BeforeValidator(_several)] = ()
    feedback_id: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]{5,15}$")
    bounce_key: SecretStr | None = Field(None, min_length=16)
    bounce_mailbox: Path | None = None
    timeout: float = Field(30.0, gt=0, le=600)
    ca_file: FilePath | None = None
    max_bytes: int = Field(LARGEST, gt=0)

    @field_validator("url")
    @classmethod
    def _can_be_read(cls, url: SecretStr) -> SecretStr:
        Server.parse(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _is_believed(self) -> Self:
        if self.bounce_mailbox is not None and self.bounce_key is None:
            raise ValueError("bounce_mailbox needs bounce_key: otherwise anybody could report")
        return self

    @property
    def server(self) -> Server:
        """The server that `url` names."""
        return Server.parse(self.url.get_secret_value())


class EmailOptions(TypedDict, total=False):
    """The options of `Email`, as they are written; `EmailSettings` explains them."""

    sender: Required[str]
    reply_to: str | None
    bounce_address: str | None
    senders: Mapping[str, str | Sender | Mapping[str, Any]]
    dkim: Dkim | Mapping[str, Any] | Sequence[Dkim | Mapping[str, Any]]
    feedback_id: str | None
    bounce_key: str | SecretStr | None
    bounce_mailbox: Path | str | None
    timeout: float
    ca_file: Path | str | None
    max_bytes: int
