"""The blocks that a template can place: `{{ order_lines() }}`, `{{ button(label, url) }}`.

Each takes what it tells from the message's values, says it in the reader's language, and leaves
nothing where there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context

from storelink.models.money import Money
from storelink.models.order import LineItem, Order
from storelink.models.shipment import Shipment
from storelink.rendering import cards
from storelink.rendering.content import (
    Block,
    Button,
    Code,
    Fact,
    Link,
    Offer,
    Paragraph,
    Place,
    Recommendations,
    Row,
    Steps,
    Subtitle,
    Thing,
    Things,
)
from storelink.rendering.filters import (
    BIDI_CONTROLS,
    isolate_text,
    money,
    number_of,
    one_line,
    percent_of,
    shown,
    weekday_of,
)
from storelink.rendering.links import safe_url
from storelink.rendering.postal import address_lines
from storelink.rendering.session import current
from storelink.rendering.sums import Sums
from storelink.rendering.words import say, say_as, say_many

LINES: Final = 40
"""Mail programs cut long mails off: the first lines of a long order have to do."""


TITLE: Final = 120
"""How many characters of a thing's name are told: it stands in a mail up to three times."""
COST: Final = 25
"""What it costs to place a block, and each thing, row or fact in it; see `Work`."""


def put(*blocks: Block) -> str:
    """Place blocks where the template is, and spend what that costs."""
    for block in blocks:
        size = len(block.things) if isinstance(block, Things | Recommendations) else 0
        size += len(block.rows) if isinstance(block, Things) else 0
        current().work.spend(COST * (1 + size))
    return current().draft.place(*blocks)


def part(name: str, *, caller: Callable[[], str]) -> str:
    """Keep what the block says as the message's subject, preheader, headline or body."""
    draft = current().draft
    with draft.opened() if name == "body" else nullcontext():
        draft.parts[name] = caller()
    return ""


def subtitle(text: str) -> str:
    """Say what the following is about."""
    return put(Subtitle(_words(text)))


def note(text: str) -> str:
    """Say something beside the matter."""
    return put(Paragraph(_words(text), quiet=True))


def button(label: str, url: object) -> str:
    """Lead somewhere; nothing if the link may not stand in a message."""
    link = safe_url(url)
    return put(Button(_words(label), link)) if link else ""


def link(label: str, url: object) -> str:
    """Lead somewhere beside the matter; nothing if the link may not stand in a message."""
    safe = safe_url(url)
    return put(Link(_words(label), safe)) if safe else ""


def fact(label: str, value: object, large: bool = False) -> str:
    """Tell a value and what it is; nothing if there is none."""
    told = shown(value)
    return put(Fact(_words(label), isolate_text(told), large)) if told.strip() else ""


def code(value: object) -> str:
    """Tell what is to be typed in elsewhere."""
    return put(Code(BIDI_CONTROLS.sub("", _words(value))))


def offer(text: str, label: str = "", url: object = "") -> str:
    """Advertise. A message that the order needs may not do so in every country."""
    link = safe_url(url) if label else ""
    return put(Offer(_words(text), _words(label) if link else "", link))


def address(place: Any) -> str:
    """Tell a postal address."""
    lines = tuple(isolate_text(line) for line in address_lines(place))
    return put(Place(lines)) if lines else ""


@pass_context
def greeting(context: Context) -> str:
    """Greet the reader, by name where there is one."""
    name = context["name"]
    return say("Hello %(name)s,", name=name) if name else say("Hello,")


def steps(reached: int) -> str:
    """Show how far a parcel has come: 1 shipped, 2 out for delivery, 3 delivered."""
    if reached not in (1, 2, 3):
        raise TypeError("steps: 1 is shipped, 2 out for delivery, 3 delivered")
    labels = (say("Shipped"), say("Out for delivery"), say("Delivered"))
    spoken = say("Step %(reached)s of %(all)s: %(label)s", reached=reached, all=len(labels),
                 label=labels[reached - 1])  # fmt: skip
    return put(Steps(labels, reached, spoken))


@pass_context
def order_lines(context: Context) -> str:
    """List what was ordered, and what it comes to; or what is in the cart."""
    lines, told = (context["order"] or context["checkout"]).lines, context["sums"]
    priced = told is None or told.itemized
    things = tuple(_line(line, line.quantity, priced=priced) for line in lines[:LINES])
    return put(Things(things, tuple(_rows(told)) if told else (), _more(len(lines))))


@pass_context
def parcel_lines(context: Context) -> str:
    """List what is in the parcel."""
    shipment: Shipment | None = context["shipment"]
    order: Order = context["order"]
    if shipment is None or not shipment.lines:
        return ""
    found = [(order.line(part.line_id), part.quantity) for part in shipment.lines[:LINES]]
    things = tuple(_line(line, quantity) for line, quantity in found if line)
    more = _more(len(shipment.lines))
    return put(Subtitle(say("In this parcel")), Things(things, (), more)) if things else ""


@pass_context
def tracking(context: Context, expected: bool = True, link: bool = True) -> str:
    """Tell where the parcel can be followed, and when it is expected.

    Args:
        context: the template's.
        expected: tell the expected day, if there is one.
        link: lead to the tracking.
    """
    shipment: Shipment | None = context["shipment"]
    if shipment is None:
        return ""
    page = context["pages"].get("tracking", "")
    return put(*_tracking(shipment, page, expected=expected, link=link))


def _tracking(
    shipment: Shipment, page: str, *, expected: bool, link: bool
) -> Iterator[Fact | Button]:
    day = shipment.estimated_delivery_at if expected else None
    if day:
        yield Fact(say("Expected"), weekday_of(day), large=True)
    for one in shipment.tracking:
        if one.carrier:
            yield Fact(say("Carrier"), isolate_text(one.carrier))
        if one.number:
            yield Fact(say("Tracking number"), isolate_text(one.number))
        url = safe_url(one.url)
        if link and url and not page:
            yield Button(say("Track your parcel"), url)
    if link and page:
        yield Button(say("Track your parcel"), page)


@pass_context
def order_page(context: Context) -> str:
    """Lead to the hosted page that shows the order and its parcels, if there is one."""
    return button(say("Look at your order"), context["pages"].get("tracking"))


@pass_context
def review_items(context: Context) -> str:
    """List the things to review, each with the link to do so."""
    items: Sequence[Mapping[str, Any]] = context["items"]
    return put(Things(tuple(map(_item, items[:LINES])), (), _more(len(items))))


@pass_context
def promise(context: Context) -> str:
    """Tell what everybody gets who writes a review, whatever it says; nothing if nobody does."""
    incentive = context["data"].get("incentive")
    if not incentive:
        return ""
    told = say(
        "As a thank-you, everybody who writes one gets %(discount)s off the next order, whatever "
        "the review says. Please mention in it that you were given something.",
        discount=_discount(incentive),
    )
    return put(Paragraph(told))


@pass_context
def recommendations(context: Context) -> str:
    """List what the reader may like, each with its reason and link; nothing where there is none.

    A message whose data says `{"recommend": 3}` has up to three.
    """
    found: Sequence[Mapping[str, Any]] = context["data"].get("recommended") or ()
    things = tuple(map(_recommendation, found[:LINES]))
    return put(Subtitle(say("You may also like")), Recommendations(things)) if things else ""


@pass_context
def free_shipping_gap(context: Context) -> str:
    """Say how much is missing to free shipping, where it is little; otherwise nothing.

    A message about a cart whose data says `{"free_shipping": true}` has it.
    """
    missing = context["data"].get("free_shipping_gap")
    if not missing:
        return ""
    amount = money(Money(**missing))
    return put(Offer(say("With %(amount)s more in your cart, shipping is free.", amount=amount)))


@pass_context
def order_card(context: Context) -> str:
    """Tell machines of the order (schema.org)."""
    current().work.spend(COST * len(context["order"].lines[: cards.LINES]))
    current().draft.add_card(cards.order_card(context["order"], context["brand"], context["pages"]))
    return ""


@pass_context
def parcel_card(context: Context) -> str:
    """Tell machines of the parcel (schema.org)."""
    order, shipment, brand = context["order"], context["shipment"], context["brand"]
    if shipment is not None:
        card = cards.parcel_card(order, shipment, brand, context["pages"])
        current().draft.add_card(card)
    return ""


def _words(text: object) -> str:
    """Return what a template says, in one line; what it was made of was isolated before."""
    return one_line(shown(text))


def title_of(item: Mapping[str, Any]) -> str:
    """Return what the thing of an item is called."""
    return isolate_text(cut(shown(item.get("title"))))


def _line(line: LineItem, quantity: int, *, priced: bool = False) -> Thing:
    return Thing(
        isolate_text(cut(line.title)),
        variant=isolate_text(cut(line.variant_title or "")),
        quantity=number_of(quantity),
        detail=_detail(line, quantity),
        image_url=safe_url(line.image_url),
        amount=money(line.total) if priced and line.total is not None else "",
    )


def _detail(line: LineItem, quantity: int) -> str:
    told = say("Quantity: %(quantity)s", quantity=quantity)
    return f"{isolate_text(cut(line.variant_title))} · {told}" if line.variant_title else told


def _item(item: Mapping[str, Any]) -> Thing:
    url = safe_url(item.get("review_url"))
    label = say("Write a review") if url else ""
    image = safe_url(item.get("image_url"))
    return Thing(title_of(item), image_url=image, label=label, url=url)


def _recommendation(one: Mapping[str, Any]) -> Thing:
    url, price = safe_url(one.get("url")), money(Money(**one["price"])) if one.get("price") else ""
    if price and one.get("is_from"):
        price = say_as("price", "from %(amount)s", amount=price)
    because = isolate_text(cut(shown(one.get("because"))))
    why = say_many(
        "Bought together with %(title)s by %(num)s person",
        "Bought together with %(title)s by %(num)s people",
        one["people"],
        title=because,
    )
    return Thing(
        isolate_text(cut(shown(one.get("title")))),
        detail=why,
        image_url=safe_url(one.get("image_url")),
        amount=price,
        label=say("Look at it") if url else "",
        url=url,
    )


def _rows(told: Sums) -> Iterator[Row]:
    if told.shipping is not None:
        free = say_as("shipping", "Free")
        yield Row(say("Shipping"), money(told.shipping) if told.shipping.amount else free)
    if told.tax:
        yield Row(say("Tax"), money(told.tax))
    yield Row(say("Total"), money(told.total), strong=True)
    if told.included_tax:
        yield Row(say("Includes tax of"), money(told.included_tax))
    if told.saved:
        yield Row(say("Discount, already taken off"), money(told.saved))


def cut(title: str) -> str:
    """Return the name of a thing, as much of it as is told."""
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def _more(count: int) -> str:
    left = count - LINES
    if left <= 0:
        return ""
    return say_many("and %(num)s more", "and %(num)s more", left)


def _discount(incentive: Mapping[str, Any]) -> str:
    percent = incentive.get("percent")
    if percent:
        return percent_of(percent)
    return money(Money(**incentive["amount"]))


BLOCKS: Final[Mapping[str, Callable[..., str]]] = {
    one.__name__: one
    for one in (
        address,
        button,
        link,
        code,
        fact,
        free_shipping_gap,
        greeting,
        note,
        offer,
        order_card,
        order_lines,
        order_page,
        parcel_card,
        parcel_lines,
        part,
        promise,
        recommendations,
        review_items,
        steps,
        subtitle,
        tracking,
    )
}
"""By the names that templates use."""
