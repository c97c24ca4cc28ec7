"""Renders messages: finds the template, runs it in the sandbox, makes the parts of a mail."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2.utils import htmlsafe_json_dumps

from storelink.errors import ConfigError, TemplateError
from storelink.events.types import Event
from storelink.models.checkout import Checkout
from storelink.models.contact import Contact
from storelink.models.customer import Customer
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Outgoing
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.shipment import Shipment
from storelink.rendering.brand import Brand
from storelink.rendering.content import Content, FooterLine
from storelink.rendering.failures import explained
from storelink.rendering.filters import BIDI_CONTROLS, FSI, PDI, one_line
from storelink.rendering.footers import footer
from storelink.rendering.forms import TEXT_ONLY, form_of
from storelink.rendering.loader import Chain, Found, TemplateFolders
from storelink.rendering.locales import babel_locale, language_chain
from storelink.rendering.postal import full_name
from storelink.rendering.sandbox import Sandbox
from storelink.rendering.session import Session, current, rendering
from storelink.rendering.sums import sums

MAX_SUBJECT: Final = 200
MAX_NAME: Final = 40

Footer = tuple[FooterLine, ...]

_NOT_A_NAME = re.compile(r"://|www\.|@|\w\.\w{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a message is about.

    Attributes:
        about: the order whose contact receives it, or else the checkout or the account.
        shipment: the parcel, if it is about one.
        event: what made it due.
        locale: the person's language (BCP 47); by default the recipient's, as far as it is known.
        pages: the hosted pages that the message may link to, by name: `"tracking"`,
            `"preferences"`.
        needs: what the law wants in the message.
    """

    about: Order | Checkout | Customer
    shipment: Shipment | None = None
    event: Event | None = None
    locale: str | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


class Renderer:
    """Turns messages into words. It may be used from several threads.

    Args:
        folder: the shop's own templates; the packaged ones stand in for what it does not have.
        brand: how the shop presents itself.

    Raises:
        ConfigError: *folder* does not exist.
    """

    def __init__(self, folder: Path | None, brand: Brand) -> None:
        if folder is not None and not folder.is_dir():
            raise ConfigError(f"templates: there is no folder {folder}")
        self._brand = brand
        self._folders = TemplateFolders(folder)
        self._sandbox = Sandbox(self._folders, watched=folder is not None)

    def render(
        self, message: Message, context: Context, *, key: str, to: str, medium: str = "email"
    ) -> Outgoing:
        """Return *message* in the language of its reader.

        Args:
            message: what a hook asked for.
            context: what it is about.
            key: the message's idempotency key.
            to: the address, as the channel understands it.
            medium: what the channel is: a text message says it short, and only a mail has HTML.

        Raises:
            TemplateError: a template is missing, broken, uses what does not exist, or does more
                work than a message needs. It names the file and the line, and no personal data.
        """
        found, session, values = self._prepared(message, context)
        with rendering(session):
            content = self._content(message, found, values, _below(message, context))
            text = _unicode(form_of(medium, content, self._brand.name))
            html = self._html(found, values, content) if medium not in TEXT_ONLY else None
            name = full_name(context.about.contact)
        return Outgoing(
            key=key,
            store=context.about.store,
            to=to,
            to_name=BIDI_CONTROLS.sub("", one_line(name)),
            subject=content.subject,
            text=text,
            html=html,
            locale=found.tag,
            message_class=message.message_class,
            template=message.template,
            unsubscribe_url=_way_out(message, context),
        )

    def content(self, message: Message, context: Context) -> Content:
        """Return what *message* says, before any channel gives it its form.

        Raises:
            TemplateError: as `render` does.
        """
        found, session, values = self._prepared(message, context)
        with rendering(session):
            return self._content(message, found, values, _below(message, context))

    def mistakes(self) -> list[str]:
        """Return what is wrong with the shop's own templates and words, with file and line.

        A message that needs one of them waits until it is repaired.
        """
        found = []
        with rendering(Session(babel_locale("en"), zoneinfo.ZoneInfo("UTC"))):
            for name in self._folders.own():
                try:
                    with explained(name):
                        self._sandbox.check(name)
                except TemplateError as error:
                    found.append(str(error))
        return found + self._folders.words.mistakes()

    def _prepared(
        self, message: Message, context: Context
    ) -> tuple[Found, Session, dict[str, Any]]:
        """Return the files, the language and the values of a message."""
        wanted = context.locale or context.about.contact.locale
        found = self._find(message, language_chain(wanted, self._brand.locale))
        locale = babel_locale(found.tag)
        words = self._folders.words.of(locale)
        session = Session(locale, zoneinfo.ZoneInfo(self._brand.time_zone), words)
        return found, session, self._values(message, context, session, found.tag)

    def _find(self, message: Message, chain: Chain) -> Found:
        own = {"subject.txt": message.subject, "body.txt": message.text}
        needed = tuple(file for file, words in own.items() if words is None)
        return self._folders.find(message.template, chain, needed)

    def _values(
        self, message: Message, context: Context, session: Session, locale: str
    ) -> dict[str, Any]:
        contact, to = context.about.contact, Recipient(context.about)
        return {
            "order": to.order,
            "checkout": to.checkout,
            "account": to.account,
            "contact": contact,
            "first_name": _greetable(contact.first_name),
            "name": _called(contact, session.language.language),
            "shipment": context.shipment,
            "event": context.event,
            "data": message.data,
            "items": message.data.get("items", []),
            "sums": sums(to.order) if to.order else None,
            "attached": bool(getattr(message, "attachments", ())),
            "brand": self._brand,
            "pages": dict(context.pages),
            "locale": locale,
            "dir": "rtl" if session.rtl else "ltr",
            "start": "right" if session.rtl else "left",
            "end": "left" if session.rtl else "right",
        }

    def _content(
        self, message: Message, found: Found, values: dict[str, Any], below: Callable[[], Footer]
    ) -> Content:
        """Return what the message says: by its own words, its files, and then its template."""
        draft = current().draft
        if found.template:
            self._file(found.template, values)
        subject = self._subject(message, found, values)
        values["subject"] = subject
        if found.text is None and message.text is None:
            return draft.content(subject, draft.parts.get("body", ""), below())
        # Words of the shop's own say all of it: the template's headline might say something else.
        draft.clear()
        with draft.opened():
            text = self._text(message, found, values)
        return draft.content(subject, text, below())

    def _subject(self, message: Message, found: Found, values: dict[str, Any]) -> str:
        where = f"the subject of the message {message.template!r}"
        told = self._words(message.subject, found.subject, where, values)
        subject = one_line(current().draft.parts.get("subject", "") if told is None else told)
        if not subject:
            raise TemplateError(f"{where} is empty")
        return subject if len(subject) <= MAX_SUBJECT else _cut(subject)

    def _text(self, message: Message, found: Found, values: dict[str, Any]) -> str:
        where = f"the text of the message {message.template!r}"
        return self._words(message.text, found.text, where, values) or ""

    def _html(self, found: Found, values: dict[str, Any], content: Content) -> str:
        told = {
            **values,
            "content": content,
            "footer": content.footer,
            "cards": [htmlsafe_json_dumps(card) for card in content.cards],
        }
        return self._file(found.html or "mail.html", told)

    def _words(
        self, own: str | None, file: str | None, where: str, values: dict[str, Any]
    ) -> str | None:
        if own is None:
            return None if file is None else self._file(file, values)
        with explained(where):
            return _unicode(self._sandbox.inline(own, where).render(values))

    def _file(self, name: str, values: dict[str, Any]) -> str:
        with explained(name):
            return _unicode(self._sandbox.get_template(name).render(values))


def _unicode(text: str) -> str:
    """Return *text*; one with half of a surrogate pair could not be sent, and raises."""
    text.encode()
    return text


def _cut(subject: str) -> str:
    """Return as much of a subject as is told, with its last isolate closed."""
    told = subject[: MAX_SUBJECT - 1]
    return f"{told[:-1]}{PDI}…" if told.count(FSI) > told.count(PDI) else f"{told}…"


def _greetable(written: str | None) -> str:
    """Return a name to greet with, or `""`.

    Anybody can order under any name; one that mail programs would show as a link is not repeated.
    """
    name = one_line(written or "")
    return "" if len(name) > MAX_NAME or _NOT_A_NAME.search(name) else name


def _called(contact: Contact, language: str) -> str:
    """Return how a person is addressed in a language that is polite to strangers, or `""`."""
    given, family = _greetable(contact.first_name), _greetable(contact.last_name)
    if language == "de":  # "Guten Tag, Ana Silva": without knowing who is Frau and who is Herr
        return _greetable(" ".join(part for part in (given, family) if part))
    return (family or given) if language == "ja" else given


def _below(message: Message, context: Context) -> Callable[[], Footer]:
    """Return what gives the lines below the message, in the language that is being written."""
    return lambda: footer(message.message_class, context.pages, context.needs)


def _way_out(message: Message, context: Context) -> str | None:
    """Return where a mail program asks for no more of them (RFC 8058)."""
    is_needed = message.message_class is MessageClass.TRANSACTIONAL
    return None if is_needed else context.pages.get("preferences")
