"""The options of the e-mail channel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from storelink_email.mailbox import Mailbox
from storelink_email.server import Server


class EmailSettings(BaseModel):
    """How to hand over mail.

    Attributes:
        url: the SMTP server, for example `"smtp://user:password@mail.example"`. `smtp` uses
            STARTTLS where it is offered, and insists on it with credentials; `smtp+starttls`
            always insists; `smtps` is TLS from the start; `smtp+plain` never uses TLS.
        sender: who the mail is from, for example `"Atelier <hello@atelier.example>"`.
        reply_to: where answers go, if not to the sender.
        timeout: seconds to wait for each answer of the server.
        ca_file: certificates (PEM) to trust, for a server with a certificate of its own making.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SecretStr
    sender: str
    reply_to: str | None = None
    timeout: float = Field(30.0, gt=0, le=600)
    ca_file: FilePath | None = None

    @field_validator("url")
    @classmethod
    def _can_be_read(cls, url: SecretStr) -> SecretStr:
        Server.parse(url.get_secret_value())
        return url

    @field_validator("sender", "reply_to")
    @classmethod
    def _is_an_address(cls, text: str | None) -> str | None:
        if text is not None and Mailbox.parse(text).needs_utf8:
            raise ValueError("the part before the @ must be ASCII")
        return text

    @property
    def server(self) -> Server:
        """The server that `url` names."""
        return Server.parse(self.url.get_secret_value())
