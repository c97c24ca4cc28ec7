"""How text, HTML, images and files stand in one mail."""

from __future__ import annotations

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from storelink.models import Attachment, Outgoing
from storelink_email.compose import compose
from storelink_email.mailbox import Mailbox
from storelink_email.origin import Origin

NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
ORIGIN = Origin(Mailbox.parse("hello@atelier.example"))
ANA = Mailbox.at("ana@customer.example")
HTML = '<img src="cid:logo" alt="Atelier">'
LOGO = Attachment(
    filename="logo.png", media_type="image/png", content=b"\x89PNG", content_id="logo"
)
BILL = Attachment(filename="bill.pdf", media_type="application/pdf", content=b"%PDF")


def parsed(html: str | None, files: tuple[Attachment, ...]) -> EmailMessage:
    message = Outgoing(key="k", store="s", to="a", text="Hi\n", html=html, attachments=files)
    content = compose(message, ANA, origin=ORIGIN, at=NOW)
    return message_from_bytes(content, policy=email.policy.SMTP.clone(raise_on_defect=True))


def tree(part: EmailMessage) -> object:
    """Return the kinds of the parts as they stand in one another."""
    kind = part.get_content_type()
    return {kind: [tree(one) for one in part.iter_parts()]} if part.is_multipart() else kind


WORDS = {"multipart/alternative": ["text/plain", "text/html"]}
SHOWN = {"multipart/alternative": ["text/plain", {"multipart/related": ["text/html", "image/png"]}]}


@pytest.mark.parametrize(
    ("html", "files", "expected"),
    [
        (None, (), "text/plain"),
        (None, (BILL,), {"multipart/mixed": ["text/plain", "application/pdf"]}),
        (None, (LOGO,), {"multipart/mixed": ["text/plain", "image/png"]}),
        (HTML, (), WORDS),
        (HTML, (BILL,), {"multipart/mixed": [WORDS, "application/pdf"]}),
        (HTML, (LOGO,), SHOWN),
        (HTML, (BILL, LOGO), {"multipart/mixed": [SHOWN, "application/pdf"]}),
    ],
)
def test_parts_stand_in_one_another_as_mail_programs_want_them(
    html: str | None, files: tuple[Attachment, ...], expected: object
) -> None:
    """Files around everything, images around the HTML alone: else they are shown as files."""
    assert expected == tree(parsed(html, files))


def test_image_is_found_by_its_content_id() -> None:
    mail = parsed(HTML, (LOGO,))

    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert ("<logo>", "inline") == (image["Content-ID"], image.get_content_disposition())
    assert ("logo.png", b"\x89PNG") == (image.get_filename(), image.get_content())


@pytest.mark.parametrize("name", ["", "a b", "a>\r\nBcc: x", "<logo>", "é", "a@b@c"])
def test_content_id_that_cannot_be_referred_to_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="content_id"):
        Attachment(filename="x", content=b"", content_id=name)
