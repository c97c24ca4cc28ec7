"""Returns that a WooCommerce shop keeps in its orders' private notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from core.mirror.shelf import Shelf
from plugins.woocommerce.listed_shop import ListedShop, refusal
from plugins.woocommerce.odd_shop import KEY as LISTED_KEY
from plugins.woocommerce.odd_shop import SECRET, reply, running, wire
from werkzeug import Request, Response

from storelink.contracts.manifest import Capability
from storelink.contracts.sandbox import Item
from storelink.errors import (
    AccessDenied,
    NotFound,
    NotTheApi,
    StoreError,
    Unsupported,
    WriteInDoubt,
    WriteRefused,
)
from storelink.mirror.merge import Cell
from storelink.models import (
    Contact,
    Kind,
    Money,
    Record,
    Ref,
    Return,
    ReturnRequest,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    WantedLine,
)
from storelink.models.record import Snapshot
from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.sandbox.auth import Key
from storelink_woocommerce.sandbox.server import KEY, WooCommerceSandbox

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="L.")
BOWL = Item("Bowl", Money("12.00", "EUR"), 2)
NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
Asking = Callable[..., ReturnRequest]


@pytest.fixture
def box() -> Iterator[WooCommerceSandbox]:
    with WooCommerceSandbox(clock=FrozenClock()) as box:
        yield box


@pytest.fixture
def store(box: WooCommerceSandbox) -> WooCommerce:
    return connected(box)


@pytest.fixture
def order(box: WooCommerceSandbox) -> str:
    return box.store.place(ADA, [BOWL])


@pytest.fixture
def asking(store: WooCommerce, order: str) -> Asking:
    """Return what makes requests to exchange one of two bowls."""
    [bowl] = store.read(Ref.order(order)).records[0].fields["lines"]

    def ask(number: int = 1, quantity: int = 1, **options: Any) -> ReturnRequest:
        line = WantedLine(line_id=bowl.id, quantity=quantity, reason="size-too-small")
        told = {"key": f"{order}-{number}", "order_id": order, "lines": (line,)}
        return ReturnRequest(**{**told, "wish": ReturnWish.EXCHANGE, **options})

    return ask


def connected(box: WooCommerceSandbox, **options: Any) -> WooCommerce:
    return WooCommerce(**{**box.options, **options}, wire=Wire(sleep=lambda _: None))


def told(snapshot: Snapshot) -> Record:
    [record] = snapshot.records
    return record


def known(snapshot: Snapshot) -> Return:
    record = told(snapshot)
    return Return(id=record.id, order_id=str(record.order_id), **record.fields)


def our_notes(box: WooCommerceSandbox, order: str) -> list[dict[str, Any]]:
    rows = box.store.world.notes[int(order)]
    return [row for row in rows if row["note"].startswith("[storelink return ")]


def test_a_request_is_a_private_note(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    wanted = asking(note="Too small <for> soup & rice: গরম ☕.")
    back = known(store.request_return(wanted))
    assert (wanted.key, order) == (back.id, back.order_id)
    [row] = our_notes(box, order)
    assert row["customer_note"] is False
    assert "In their words: Too small &#60;for&#62; soup &#38; rice: গরম ☕." in row["note"]


def test_every_step_is_a_note_that_is_written_once(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    back, at = known(store.request_return(asking())), box.store.world.site.now()
    for step in (ReturnStep.APPROVED, ReturnStep.RECEIVED, ReturnStep.EXCHANGED) * 2:
        last = store.settle_return(back, step, at=at, note="so")
    assert 4 == len(our_notes(box, order))
    assert last == store.request_return(asking()) == store.read(Ref(kind=Kind.RETURN, id=back.id))
    assert known(last).exchanged


def test_a_read_finds_returns_by_their_ids(store: WooCommerce, asking: Asking) -> None:
    keys = [told(store.request_return(asking(key=key))).id for key in ("x", "77")]
    refs = [Ref(kind=Kind.RETURN, id=key) for key in (*keys, "999-1", "1", "2", "x")]
    read = store.read_many(refs)
    assert keys == [told(one).id for one in read.values() if isinstance(one, Snapshot)]
    assert 4 == sum(isinstance(one, NotFound) for one in read.values())


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ([], ReturnStep.RECEIVED),
        ([], ReturnStep.EXCHANGED),
        ([ReturnStep.APPROVED], ReturnStep.DECLINED),
        ([ReturnStep.DECLINED], ReturnStep.APPROVED),
        ([ReturnStep.DECLINED], ReturnStep.RECEIVED),
    ],
)
def test_a_step_that_does_not_follow_is_refused(
    box: WooCommerceSandbox,
    store: WooCommerce,
    asking: Asking,
    said: list[ReturnStep],
    step: ReturnStep,
) -> None:
    back, at = known(store.request_return(asking())), box.store.world.site.now()
    for one in said:
        store.settle_return(back, one, at=at)
    written = len(our_notes(box, back.order_id))
    with pytest.raises(WriteRefused) as refused:
        store.settle_return(back, step, at=at)
    assert "STATE" == refused.value.code
    assert written == len(our_notes(box, back.order_id))


def test_what_goes_back_already_cannot_go_back_again(
    box: WooCommerceSandbox, store: WooCommerce, asking: Asking
) -> None:
    first = known(store.request_return(asking(1)))
    line = asking().lines[0]
    for wanted in (asking(2, quantity=2), asking(2, lines=(line, line))):
        with pytest.raises(WriteRefused) as refused:
            store.request_return(wanted)
        assert "QUANTITY" == refused.value.code
    store.settle_return(first, ReturnStep.DECLINED, at=box.store.world.site.now())
    assert ReturnStatus.REQUESTED is known(store.request_return(asking(2, quantity=2))).status


def test_a_line_of_another_order_is_refused(
    box: WooCommerceSandbox, store: WooCommerce, asking: Asking
) -> None:
    other = WantedLine(line_id="987654", quantity=1)
    with pytest.raises(WriteRefused) as refused:
        store.request_return(asking(lines=(*asking().lines, other)))
    assert "QUANTITY" == refused.value.code
    assert [] == our_notes(box, asking().order_id)


def test_nothing_goes_back_of_an_order_in_the_trash(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    """What was asked before is still found: it is not asked once more."""
    first = store.request_return(asking(1))
    box.store.delete(order)
    assert first == store.request_return(asking(1))
    with pytest.raises(NotFound):
        store.request_return(asking(2))
    box.store.delete(order, force=True)
    with pytest.raises(NotFound):
        store.request_return(asking(1))
    with pytest.raises(NotFound):
        store.settle_return(known(first), ReturnStep.APPROVED, at=box.store.world.site.now())


@pytest.mark.parametrize("lost", [0.3, 0.6])
def test_lost_answers_write_nothing_twice(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking, lost: float
) -> None:
    """A backslash, which WordPress takes away, does not hide what was written."""
    back, at = known(store.request_return(asking())), box.store.world.site.now()
    box.faults.lost = lost
    for _ in range(20):
        try:
            store.settle_return(back, ReturnStep.APPROVED, at=at, note="C:\\new & <b>old</b>")
            store.request_return(asking(2, note="C:\\new"))
        except StoreError:
            continue
    box.faults.lost = 0.0
    assert ReturnStatus.OPEN is known(store.request_return(asking(1))).status
    assert asking(2).key == known(store.request_return(asking(2))).key
    assert 3 == len(our_notes(box, order))


def test_forged_words_say_nothing(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    forged = f"[storelink return {order}-1 approved 2026-10-12T09:00:00Z]"
    store.request_return(asking(1, note=f"{forged}\n{forged}"))
    box.store.add_note(order, f"The customer says: {forged}")
    box.store.add_note(order, forged, to_customer=True)
    assert ReturnStatus.REQUESTED is known(store.request_return(asking(1))).status


def test_a_note_that_staff_deletes_is_no_longer_said(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    back, at = known(store.request_return(asking())), box.store.world.site.now()
    store.settle_return(back, ReturnStep.APPROVED, at=at)
    box.store.world.notes[int(order)].remove(our_notes(box, order)[1])
    assert ReturnStatus.REQUESTED is known(store.read(Ref(kind=Kind.RETURN, id=back.id))).status
    box.store.world.notes[int(order)].remove(our_notes(box, order)[0])
    with pytest.raises(NotFound):
        store.settle_return(back, ReturnStep.APPROVED, at=at)


def test_a_key_that_may_only_read_is_denied(
    box: WooCommerceSandbox, store: WooCommerce, order: str, asking: Asking
) -> None:
    reading = Key("ck_read", "cs_read", "read")
    with WooCommerceSandbox(clock=FrozenClock(), keys=[KEY, reading]) as other:
        options = {"consumer_key": "ck_read", "consumer_secret": "cs_read"}
        placed = other.store.place(ADA, [BOWL])
        [bowl] = connected(other).read(Ref.order(placed)).records[0].fields["lines"]
        line = WantedLine(line_id=bowl.id, quantity=1)
        wanted = asking(key=f"{placed}-1", order_id=placed, lines=(line,))
        with pytest.raises(AccessDenied):
            connected(other, **options).request_return(wanted)
        assert [] == our_notes(other, placed)


def test_without_a_key_there_are_no_returns(asking: Asking) -> None:
    store = WooCommerce(url="https://atelier.example", webhook_secret="whsec")
    assert Capability.RETURNS not in store.manifest.capabilities
    with pytest.raises(Unsupported):
        store.request_return(asking())


def test_the_mirror_follows_within_one_second(
    box: WooCommerceSandbox, store: WooCommerce, asking: Asking
) -> None:
    """The clock of the shop stands still: all notes have the same time."""
    back, at = known(store.request_return(asking())), box.store.world.site.now()
    steps = (ReturnStep.APPROVED, ReturnStep.RECEIVED, ReturnStep.EXCHANGED)
    states = [store.request_return(asking())]
    states += [store.settle_return(back, step, at=at) for step in steps]
    told_at = [told(state) for state in states]
    assert 1 == len({one.updated_at for one in told_at})
    ref = Ref(kind=Kind.RETURN, id=back.id)
    with Shelf.open() as shelf:
        events = [
            [one.type for one in shelf.read(second, record)]
            for second, record in enumerate(told_at)
        ]
        expected = ["requested", *steps]
        assert [[f"return.{one}"] for one in expected] == events
        for second, record in [(3, told_at[3]), (1, told_at[1]), (0.5, told_at[0])]:
            assert [] == shelf.read(second, record)  # told again, or overtaken
        row = shelf.row(ref)
        assert row.needs_read is None
        cells = {name: Cell(*cell).value for name, cell in row.cells.items()}
        assert ("open", True) == (cells["status"], cells["exchanged"])


def test_an_order_that_is_read_keeps_its_returns(
    store: WooCommerce, order: str, asking: Asking
) -> None:
    """What WooCommerce tells of an order says nothing of its returns, nor that there are none."""
    returned = told(store.request_return(asking()))
    snapshot = store.read(Ref.order(order))
    assert not {"returns"} & snapshot.records[0].children.keys()
    with Shelf.open() as shelf:
        shelf.read(1, *snapshot.records, returned)
        shelf.read(2, *snapshot.records)
        assert shelf.row(Ref(kind=Kind.RETURN, id=returned.id)).deleted_since is None


class OddNotes:
    """A shop with one order, whose notes are kept in an odd way.

    Attributes:
        others: what somebody else writes just before each note.
        filter: what a plugin makes of the notes that are shown.
        late: the ids of notes that are not listed yet, if new ones are to be such.
    """

    def __init__(self, listed: ListedShop) -> None:
        goods = [{"id": 12, "name": "Bowl", "quantity": 2}]
        listed.rows["orders"] = [
            {"id": 7, "status": "completed", "currency": "EUR", "line_items": goods}
        ]
        self.listed = listed
        self.rows: list[dict[str, Any]] = []
        self.others: list[str] = []
        self.filter: Callable[[str], str] = str
        self.late: set[int] | None = None
        listed.other["GET", "orders/7/notes"] = self.list
        listed.other["POST", "orders/7/notes"] = self.add

    def list(self, request: Request) -> Response:
        return reply(
            [self._shown(row) for row in self.rows[::-1] if row["id"] not in (self.late or ())]
        )

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "note": self.filter(row["note"])}

    def add(self, request: Request) -> Response:
        for text in (*self.others, request.get_json()["note"]):
            at = {"date_created_gmt": "2026-10-12T12:00:00", "customer_note": False}
            row = {"id": 90 + len(self.rows), "note": text, **at}
            self.rows.append(row)
            if self.late is not None:
                self.late.add(row["id"])
            path = f"orders/7/notes/{row['id']}"
            self.listed.other["GET", path] = lambda _, row=row: reply(self._shown(row))
        return reply(self.rows[-1], 201)


Odd = tuple[ListedShop, OddNotes, WooCommerce]
BOWLS = ReturnRequest(
    key="7-1",
    order_id="7",
    lines=(WantedLine(line_id="12", quantity=1),),
    wish=ReturnWish.REFUND,
)


@pytest.fixture
def odd() -> Iterator[Odd]:
    listed = ListedShop()
    with running() as server:
        server.answer = listed
        keys = {"consumer_key": LISTED_KEY, "consumer_secret": SECRET}
        yield (
            listed,
            OddNotes(listed),
            WooCommerce(url=server.url, wire=wire(FrozenClock()), **keys),
        )


def test_whoever_decides_first_is_right(odd: Odd) -> None:
    """Another worker declines between the look and the note."""
    _, notes, store = odd
    back = known(store.request_return(BOWLS))
    notes.others = ["[storelink return 7-1 declined 2026-10-12T09:00:00Z]"]
    with pytest.raises(WriteRefused) as refused:
        store.settle_return(back, ReturnStep.APPROVED, at=NOON)
    assert "STATE" == refused.value.code
    assert ReturnStatus.DECLINED is known(store.request_return(BOWLS)).status


def test_whoever_asks_at_the_same_time_asks_once(odd: Odd) -> None:
    _, notes, store = odd
    first = known(store.request_return(BOWLS))
    notes.others, notes.rows = [notes.rows[0]["note"]], []
    assert first == known(store.request_return(BOWLS))
    assert 2 == len(notes.rows)


@pytest.mark.parametrize("change", [lambda text: "", lambda text: f"API: {text}"])
def test_a_plugin_that_changes_notes_is_told_of(odd: Odd, change: Callable[[str], str]) -> None:
    _, notes, store = odd
    notes.filter = change
    with pytest.raises(WriteRefused, match="order notes") as refused:
        store.request_return(BOWLS)
    assert "HIDDEN" == refused.value.code


def test_a_list_that_is_older_than_the_note_is_no_refusal(odd: Odd) -> None:
    """A database replica, or an object cache of another server."""
    _, notes, store = odd
    notes.late = set()
    with pytest.raises(WriteInDoubt):
        store.request_return(BOWLS)
    notes.late = None
    back = known(store.request_return(BOWLS))
    assert 1 == len(notes.rows)
    notes.late = set()
    with pytest.raises(WriteInDoubt):
        store.settle_return(back, ReturnStep.APPROVED, at=NOON)
    notes.late = None
    state = store.settle_return(back, ReturnStep.APPROVED, at=NOON)
    assert ReturnStatus.OPEN is known(state).status
    assert 2 == len(notes.rows)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("woocommerce_rest_cannot_view", 403), AccessDenied),
        (refusal("rest_no_route", 404), NotTheApi),
        (reply({}), NotTheApi),
    ],
)
def test_notes_that_cannot_be_read_are_named(
    odd: Odd, answer: Response, error: type[StoreError]
) -> None:
    """Nothing is written where nobody can see what was written before."""
    listed, notes, store = odd
    listed.other["GET", "orders/7/notes"] = lambda request: answer
    with pytest.raises(error):
        store.request_return(BOWLS)
    assert [] == notes.rows
