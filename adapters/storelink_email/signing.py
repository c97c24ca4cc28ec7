"""Signing mails: DKIM (RFC 6376) with RSA, or with Ed25519 (RFC 8463)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storelink.errors import ConfigError, MissingExtra
from storelink_email.settings import Dkim

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_SIGNED: Final = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
_ONCE_MORE: Final = (b"from", b"subject")
"""Named once more than they are there: who adds a second one breaks the signature
(RFC 6376, section 8.15)."""

_SHORTEST: Final = 1024
"""Bits: shorter keys must not be used, and 2048 should be (RFC 8301, section 3.2)."""

_REMEDY: Final = "make a key with: openssl genrsa -out dkim.pem 2048"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that DKIM knows.

    Attributes:
        kind: as its DNS record has it (`k=`).
        forms: the public key as its DNS record may have it (`p=`): as everybody publishes it
            first, then as RFC 6376, section 3.6.1, says.
        bits: how long it is.
        private: the private key in the form that dkimpy takes for its kind.
    """

    kind: str
    forms: tuple[str, ...] = field(repr=False)
    bits: int
    private: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Key:
        """Read a private key (PEM).

        Raises:
            ConfigError: it cannot be read, or is none that DKIM knows; the message names the file
                and the remedy, and shows nothing of the key.
            MissingExtra: what signs is not installed.
        """
        try:
            import dkim  # noqa: F401  (who lacks it learns that now, not from the first mail)
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError:
            raise MissingExtra("dkimpy or cryptography", "dkim") from None
        try:
            return _known(load_pem_private_key(path.read_bytes(), password=None))
        except OSError as error:
            told = f"{path} cannot be read ({error.strerror}): let this process read it"
        except TypeError:  # what the library raises if it needs a password
            told = f"{path} is protected by a password: openssl pkey -in … -out … takes it off"
        except ValueError as error:
            own = error.args[0] if isinstance(error, _Unfit) else "is no private key in PEM"
            told = f"{path} {own}; {_REMEDY}"
        raise ConfigError(f"e-mail: dkim: {told}")


class _Unfit(ValueError):
    pass


def _known(key: PrivateKeyTypes) -> Key:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if isinstance(key, Ed25519PrivateKey):
        raw = _base64(key.public_key().public_bytes_raw())
        return Key("ed25519", (raw,), 256, base64.b64encode(key.private_bytes_raw()))
    if not isinstance(key, RSAPrivateKey):
        raise _Unfit("is neither an RSA nor an Ed25519 key")
    if key.key_size < _SHORTEST:
        raise _Unfit(f"has {key.key_size} bits, and {_SHORTEST} is the least")
    public = key.public_key()
    forms = tuple(
        _base64(public.public_bytes(Encoding.DER, form))
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    )
    # Written anew: dkimpy finds no key in a file with CRLF line ends.
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return Key("rsa", forms, key.key_size, private)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs mails for one domain with one key."""

    domain: str
    selector: str
    key: Key

    @classmethod
    def of(cls, settings: Dkim) -> Signer:
        """Return what signs as *settings* say; raises what `Key.read` does."""
        return cls(settings.domain.lower(), settings.selector, Key.read(settings.key_file))

    @property
    def name(self) -> str:
        """Where the record of the public key is."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """What the record of the public key says."""
        return f"v=DKIM1; k={self.key.kind}; p={self.key.forms[0]}"

    def signature(self, mail: bytes) -> bytes:
        """Return the header field that signs *mail*, to stand before it.

        When it was signed (`t=`) is the machine's clock: dkimpy takes no other, and nothing here
        is decided by it.

        Args:
            mail: whole, with CRLF line ends, and each of the signed fields at most once.
        """
        import dkim

        signing = dkim.DKIM(mail, signature_algorithm=f"{self.key.kind}-sha256".encode())
        there = {name.lower() for name, _ in signing.headers}
        line: bytes = signing.sign(
            self.selector.encode(),
            self.domain.encode(),
            self.key.private,
            # No blank in a body can be lost on the way: it is quoted-printable or base64.
            canonicalize=(dkim.Relaxed, dkim.Simple),
            include_headers=[*(name for name in _SIGNED if name in there), *_ONCE_MORE],
        )
        return line


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
