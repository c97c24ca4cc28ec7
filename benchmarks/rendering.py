"""What it costs to write a message: storelink's renderer, and the same words by bare Jinja2.

The bare templates in `templates/` are as one writes them by hand: one for the text and one for the
HTML, in English, with the words in them. They use storelink's own layout.

`python -m benchmarks.rendering` prints both in milliseconds a message, and their ratio.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jinja2
from babel.dates import format_date
from babel.numbers import format_currency
from markupsafe import Markup, escape

from storelink.models import (
    Address,
    Contact,
    LineItem,
    Message,
    Money,
    Order,
    Shipment,
    ShipmentLine,
    Totals,
    Tracking,
)
from storelink.models.enums import OrderStatus
from storelink.rendering import Brand, Context, Renderer
from storelink.rendering.links import safe_url
from storelink.rendering.loader import PACKAGED
from storelink.rendering.plain import tidy
from storelink.rendering.sums import sums

MESSAGES: Final = 20
ROUNDS: Final = 40
TEMPLATES: Final = ("thank_you", "tracking_created")

BRAND: Final = Brand(
    name="Atelier Nord",
    color="#1f4d3a",
    website="https://atelier.example",
    support_email="hello@atelier.example",
    address="Lindenstraße 4, 10969 Berlin",
    signature="Mina and the Atelier team",
)
SHELF: Final = (("Walnut stool", "120.50"), ("Linen apron", "39.90"), ("Oak board", "24.00"))

Parts = tuple[str, str, str]
"""Subject, text and HTML."""


def orders(number: int) -> list[Order]:
    """Return so many orders, each of two things out of three, for another person."""
    return [order(at) for at in range(1000, 1000 + number)]


def order(number: int) -> Order:
    """Return an order with one parcel on its way."""
    chosen = (SHELF[number % 3], SHELF[(number + 1) % 3])
    lines = tuple(
        LineItem(id=str(at), title=title, quantity=1, total=Money(price, "EUR"))
        for at, (title, price) in enumerate(chosen)
    )
    parcel = Shipment(
        id=f"parcel-{number}",
        order_id=str(number),
        lines=tuple(ShipmentLine(line_id=line.id, quantity=line.quantity) for line in lines),
        tracking=(
            Tracking(number=f"1Z{number}", carrier="DHL", url=f"https://track.example/?n={number}"),
        ),
        estimated_delivery_at=datetime(2026, 11, 10, 23, 59, 59, tzinfo=UTC),
    )
    shipping = Money("4.90", "EUR")
    total = Money.total([shipping, *(line.total for line in lines if line.total)], "EUR")
    return Order(
        id=str(number),
        store="atelier",
        number=f"#{number}",
        status=OrderStatus.OPEN,
        currency="EUR",
        contact=Contact(first_name=f"Ana{number}", last_name="Silva", email="ana@b.example"),
        placed_at=datetime(2026, 11, 3, 22, 30, tzinfo=UTC) + timedelta(minutes=number),
        lines=lines,
        total=total,
        totals=Totals(shipping=shipping, total=total),
        shipping_address=Address(
            first_name=f"Ana{number}",
            line1=f"Rue des Fleurs {number}",
            postcode="75011",
            city="Paris",
            country="FR",
        ),
        shipments=(parcel,),
    )


def bare() -> jinja2.Environment:
    """Return Jinja2 as one sets it up by hand for shops that write English and trust themselves.

    No sandbox, no limits, no other languages, no changing files; and filters of one line.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([Path(__file__).parent / "templates", PACKAGED]),
        auto_reload=False,
        autoescape=lambda name: bool(name) and str(name).endswith(".html"),
        undefined=jinja2.StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "address_lines": lambda at: [at.first_name, at.line1, f"{at.postcode} {at.city}", "France"],
        "date": lambda day: format_date(day, "long", locale="en"),
        "day": lambda day: format_date(day, "EEEE, MMMM d", locale="en"),
        "isolate": _isolate,
        "rich": _isolate,
        "safe_url": lambda url: url if url and safe_url(url) else "",
    }
    return environment


def _printed(value: Any) -> Any:
    if isinstance(value, Money):
        return format_currency(value.amount, value.currency, locale="en")
    return "" if value is None else value


@jinja2.pass_eval_context
def _isolate(context: Any, value: Any) -> str:
    if not context.autoescape:
        return str(value)
    return Markup(f"<bdi>{escape(value)}</bdi>")


@dataclass(frozen=True)
class Shop:
    """What the templates ask of a brand, worked out beforehand."""

    name: str = BRAND.name
    color: str = BRAND.color
    on_color: str = BRAND.on_color
    link_color: str = BRAND.link_color
    dark_link_color: str = BRAND.dark_link_color
    logo_url: str | None = BRAND.logo_url
    website: str | None = BRAND.website
    support_email: str | None = BRAND.support_email
    support_phone: str | None = BRAND.support_phone
    address: str | None = BRAND.address
    signature: str | None = BRAND.signature


SHOP: Final = Shop()


BARE: Final = bare()
RENDERER: Final = Renderer(None, BRAND)


def by_hand(template: str, about: Order) -> Parts:
    """Write a message with bare Jinja2."""
    values: dict[str, Any] = {
        "order": about,
        "first_name": about.contact.first_name,
        "shipment": about.shipments[0] if about.shipments else None,
        "sums": sums(about),
        "brand": SHOP,
        "footer": (),
        "cards": (),
        "locale": "en",
        "dir": "ltr",
        "start": "left",
        "end": "right",
    }
    subject = BARE.get_template(f"en/{template}/subject.txt").render(values)
    values["subject"] = subject
    text = BARE.get_template(f"en/{template}/body.txt").render(values)
    return subject, text, BARE.get_template(f"en/{template}/body.html").render(values)


def by_storelink(template: str, about: Order) -> Parts:
    """Write a message as delivery does."""
    context = Context(about=about, shipment=about.shipments[0])
    sent = RENDERER.render(Message(template), context, key="k", to="ana@b.example")
    return sent.subject, sent.text, sent.html or ""


def floor(messages: Sequence[Order]) -> float:
    """Return how many messages bare Jinja2 writes in a second of one core."""
    return _rate(by_hand, messages)


def value(messages: Sequence[Order]) -> float:
    """Return how many messages storelink writes in a second of one core."""
    return _rate(by_storelink, messages)


def _rate(write: Callable[[str, Order], Parts], messages: Sequence[Order]) -> float:
    begin = time.thread_time()
    for about in messages:
        for template in TEMPLATES:
            write(template, about)
    return len(messages) * len(TEMPLATES) / (time.thread_time() - begin)


def _words(html: str) -> str:
    """Return what a reader of *html* sees, without its blanks."""
    return "".join(Markup(_HEAD.sub("", html)).striptags().split())


_HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)


def check() -> None:
    """Make sure that both write the same words.

    Raises:
        SystemExit: they do not.
    """
    for template, about in itertools.product(TEMPLATES, orders(2)):
        subject, text, html = by_hand(template, about)
        told, text_told, html_told = by_storelink(template, about)
        if (told, text_told) != (subject, tidy(text)) or _words(html_told) != _words(html):
            raise SystemExit(f"{template}: the two write different words")


def measure() -> tuple[float, float]:
    """Return the best floor and the best value of some rounds in turn; each message is new."""
    check()
    fresh = orders(MESSAGES * ROUNDS)
    rounds = [fresh[at : at + MESSAGES] for at in range(0, len(fresh), MESSAGES)]
    floors, ours = zip(*[(floor(messages), value(messages)) for messages in rounds], strict=True)
    return max(floors), max(ours)


def main() -> None:
    """Print milliseconds a message, and the ratio of the rates."""
    bare_rate, our_rate = measure()
    print(f"bare Jinja2 {1000 / bare_rate:.3f} ms, storelink {1000 / our_rate:.3f} ms a message;")
    print(f"{our_rate:.0f} messages a second, {our_rate / bare_rate:.2f} of the floor")


if __name__ == "__main__":
    main()
