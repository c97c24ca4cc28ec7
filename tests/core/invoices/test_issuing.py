"""Invoices are issued apart from messages, and go with them in time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from core.world import ADA, HOUR, MUG, START, World

from storelink.contracts import Channel, Document, Manifest
from storelink.errors import ConfigError, StoreUnavailable
from storelink.events import InvoiceIssued, OrderPaid
from storelink.hooks import ThankYou
from storelink.invoices import Seller, TypstInvoices
from storelink.models import Message, MessageState, Order
from storelink.testing import FrozenClock, RecordingChannel
from storelink.testing.mailserver import MailServer
from storelink_email import Email

MINUTE = timedelta(minutes=1)


class Books:
    """The shop's accounting, which can be away."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[str] = []

    def invoice(self, order: Order, *, at: datetime) -> Document:
        self.asked.append(order.id)
        if self.is_away:
            raise StoreUnavailable("the books are closed")
        return Document(name="Rechnung-7.pdf", number="7", content=f"%PDF {order.id}".encode())


def world_with(books: Books, *hooks: ThankYou, database: str = "sqlite://") -> World:
    return World(database, hooks=hooks or [ThankYou(invoice=True)], invoices=books)


def attached(world: World) -> list[tuple[str, list[str]]]:
    """The messages, each with the names of its attachments."""
    return [
        (message.key.removeprefix("shop/"), [one.filename for one in message.attachments])
        for message in world.channel.sent
    ]


def test_the_invoice_goes_with_the_thank_you_at_once() -> None:
    world = world_with(Books())
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    assert [(f"thank_you/order:{order_id}", ["Rechnung-7.pdf"])] == attached(world)
    (file,) = world.channel.sent[0].attachments
    assert ("application/pdf", f"%PDF {order_id}".encode()) == (file.media_type, file.content)
    (issued,) = [one for one in world.link.events() if isinstance(one, InvoiceIssued)]
    assert ("7", order_id) == (issued.number, issued.order_id)


def test_the_mail_has_storelinks_own_invoice_under_its_name_in_the_customers_language() -> None:
    seller = Seller(name="Atelier GmbH", address=("Lindenstr. 1",), country="DE")
    reader = ADA.model_copy(update={"locale": "fa-IR"})
    with MailServer() as server:
        email = Email(
            server.url, sender="Atelier <hello@atelier.example>", clock=FrozenClock(START)
        )
        world = World(
            hooks=[ThankYou(invoice=True)], invoices=TypstInvoices(seller), channels=[email]
        )
        world.timeline.place(reader, [MUG])
        world.tell()
        world.link.close()
        (mail,) = server.received
    parts = [(one.get_content_type(), one.get_filename()) for one in mail.message.walk()]
    assert ("application/pdf", "فاکتور-فروش-1001.pdf") == parts[-1]
    assert ("multipart/mixed", None) == parts[0]


@pytest.mark.usefixtures("errors_are_expected")
def test_a_late_invoice_is_waited_for_and_sent_with_it() -> None:
    books = Books()
    world = world_with(books)
    books.is_away = True
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    assert [] == attached(world)
    books.is_away = False
    world.wait(5 * MINUTE)
    assert [(f"thank_you/order:{order_id}", ["Rechnung-7.pdf"])] == attached(world)


@pytest.mark.usefixtures("errors_are_expected")
def test_the_thank_you_goes_without_when_the_invoice_takes_too_long_and_it_follows() -> None:
    books = Books()
    world = world_with(books, ThankYou(invoice=timedelta(minutes=10)))
    books.is_away = True
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    world.wait(9 * MINUTE)
    assert [] == attached(world)
    world.wait(2 * MINUTE)
    without = (f"thank_you/order:{order_id}", [])
    assert [without] == attached(world)
    books.is_away = False
    world.wait(HOUR)
    later = (f"thank_you/order:{order_id}/invoice", ["Rechnung-7.pdf"])
    assert [without, later] == attached(world)
    world.wait(HOUR)
    assert [without, later] == attached(world)


@pytest.mark.usefixtures("errors_are_expected")
def test_a_failing_invoice_holds_up_no_other_message() -> None:
    books = Books()
    books.is_away = True
    world = world_with(books)

    @world.link.hook(OrderPaid)
    def gift_note(order: Order) -> Message:
        return Message("gift_note", subject="A note", text="With love.")

    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    assert (MessageState.WAITING, None) == world.state(f"thank_you/order:{order_id}")
    assert ["With love."] == [one.text.splitlines()[0] for one in world.channel.sent]


def test_a_channel_that_takes_no_files_gets_the_message_without() -> None:
    class Plain(RecordingChannel):
        @property
        def manifest(self) -> Manifest[Channel]:
            return dataclasses.replace(super().manifest, capabilities=frozenset())

    channel = Plain()
    world = World(hooks=[ThankYou(invoice=True)], invoices=Books(), channels=[channel])
    world.timeline.place(ADA, [MUG])
    world.tell()
    (message,) = channel.sent
    assert () == message.attachments
    assert "attached" not in message.text


def test_an_order_that_is_not_paid_gets_no_invoice() -> None:
    books = Books()
    world = world_with(books)
    world.timeline.place(ADA, [MUG], paid=False)
    world.tell()
    assert [] == books.asked


def test_an_order_is_invoiced_once_whatever_happens_to_it_later() -> None:
    books = Books()
    world = world_with(books)
    order_id = world.delivered_order()
    world.tell()
    world.link.sweep("shop")
    world.tell()
    world.wait(HOUR)
    assert [order_id] == books.asked


@pytest.mark.usefixtures("errors_are_expected")
def test_a_refunded_order_is_sent_no_invoice_that_comes_later() -> None:
    books = Books()
    world = world_with(books, ThankYou(invoice=timedelta(minutes=1)))
    books.is_away = True
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    world.wait(2 * MINUTE)
    world.timeline.refund(order_id)
    world.tell()
    books.is_away = False
    world.wait(HOUR)
    assert [(f"thank_you/order:{order_id}", [])] == attached(world)


def test_a_hook_that_sends_invoices_needs_to_know_where_they_come_from() -> None:
    with pytest.raises(ConfigError, match="invoices="):
        World(hooks=[ThankYou(invoice=True)])


def test_erasing_a_person_deletes_the_copy_of_the_invoice() -> None:
    world = world_with(Books())
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    assert ADA.email is not None
    (kept,) = world.link.export("shop", email=ADA.email)["documents"]
    assert ("invoice", "7") == (kept["kind"], kept["number"])
    world.link.erase("shop", email=ADA.email)
    with world.link._database.read() as tx:
        assert [] == tx.documents.of_orders("shop", [order_id])
    world.wait(HOUR)
    assert 1 == len(attached(world))


@pytest.mark.usefixtures("errors_are_expected")
def test_an_erased_order_gets_no_invoice_any_more() -> None:
    books = Books()
    books.is_away = True
    world = world_with(books)
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    world.link.erase("shop", email=str(ADA.email))
    books.is_away, books.asked = False, []
    world.wait(HOUR)
    assert [] == books.asked
    with world.link._database.read() as tx:
        assert [] == tx.documents.of_orders("shop", [order_id])


def test_documents_are_pruned_once_nothing_is_to_be_sent_with_them(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(invoice=True)], invoices=Books())
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    world.wait(HOUR)
    assert 1 == world.link.prune(older_than=timedelta(minutes=30)).documents
    with world.link._database.read() as tx:
        assert [] == tx.documents.of_orders("shop", [order_id])


@pytest.mark.usefixtures("errors_are_expected")
def test_a_message_whose_document_is_gone_waits_and_says_so() -> None:
    world = world_with(Books(), ThankYou(invoice=True, after=HOUR))
    order_id = world.timeline.place(ADA, [MUG])
    world.tell()
    assert 0 == world.link.prune(older_than=timedelta()).documents
    with world.link._database.write() as tx:
        tx.documents.forget("shop", [order_id])
    world.wait(HOUR)
    assert (MessageState.WAITING, "template") == world.state(f"thank_you/order:{order_id}")
