"""The parts of a mail as MIME: encoded to seven bits and put together. Pure.

The `email` package makes the same in a millisecond and more, which is as much as writing the
message and handing it over. Seven bits pass every server, whatever it says of 8BITMIME.
"""

from __future__ import annotations

import binascii
import re
from base64 import encodebytes
from email.message import MIMEPart
from email.policy import SMTP
from typing import Final

from storelink.models.message import Attachment, Outgoing
from storelink_email.mailbox import one_line

_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)", re.IGNORECASE)
_COMPOSITE: Final = frozenset({"message", "multipart"})
_SEVEN_BITS: Final = SMTP.clone(cte_type="7bit")


def content(message: Outgoing, fingerprint: str) -> bytes:
    """Return what *message* says: the header fields that tell its kind, an empty line, and a body.

    Args:
        message: text, HTML and attachments.
        fingerprint: stands in the boundaries between the parts.

    Raises:
        UnicodeError: a text has halves of characters.
    """
    words = _text("plain", message.text)
    files = message.attachments
    if message.html is not None:
        shown = [one for one in files if one.content_id]
        files = tuple(one for one in files if not one.content_id)
        html = _text("html", message.html)
        if shown:
            html = _multipart("related", fingerprint, [html, *map(_shown, shown)])
        words = _multipart("alternative", fingerprint, [words, html])
    if files:
        words = _multipart("mixed", fingerprint, [words, *map(_attached, files)])
    return words


def _multipart(kind: str, fingerprint: str, parts: list[bytes]) -> bytes:
    # "=_" stands in no encoded text (RFC 2045, section 6.7).
    boundary = f"=_{kind}_{fingerprint}"
    told = '; type="text/html"' if kind == "related" else ""  # RFC 2387, section 3.1
    head = f'Content-Type: multipart/{kind}{told};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    line = f"--{boundary}".encode()
    return head + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _text(kind: str, text: str) -> bytes:
    plain = b"".join(line + b"\r\n" for line in text.encode().splitlines()) or b"\r\n"
    encoding, encoded = "quoted-printable", binascii.b2a_qp(plain, istext=True)
    if len(encoded) > len(plain) * 3 // 2:  # then the other is shorter
        encoding, encoded = "base64", encodebytes(plain).replace(b"\n", b"\r\n")
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n'
    )
    return head.encode() + b"\r\n" + encoded


def _shown(image: Attachment) -> bytes:
    return f"Content-ID: <{image.content_id}>\r\n".encode() + _attached(image, "inline")


def _attached(attachment: Attachment, disposition: str = "attachment") -> bytes:
    match = _MEDIA_TYPE.fullmatch(attachment.media_type)
    main, sub = match.groups() if match else ("application", "octet-stream")
    if main.lower() in _COMPOSITE:
        main, sub = "application", "octet-stream"
    part = MIMEPart(policy=_SEVEN_BITS)
    name = one_line(attachment.filename)
    part.set_content(
        attachment.content, maintype=main, subtype=sub, disposition=disposition, filename=name
    )
    return part.as_bytes()
