"""Logs: text for people, JSON for machines, and nobody's data in either."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import DAY, MUG, World

from storelink.errors import BadSignature, PayloadError, Rejected, RetryLater, StoreUnavailable
from storelink.events import OrderPaid
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Address, Contact, Order
from storelink.operations.journal import journal
from storelink.operations.logs import FORMATS, LEVELS, JsonFormatter, TextFormatter, written
from storelink.testing import FakeStore, RecordingChannel

PERSON = Contact(
    email="qadira.zyx@private.example",
    phone="+4915112345678",
    first_name="Qadira",
    last_name="Zyxwvuts",
)
ADDRESS = Address(line1="Geheimgasse 77", city="Wunderstadt", country="DE")
PERSONAL = ("qadira", "zyx", "private.example", "15112345678", "geheimgasse", "wunderstadt")


def record(message: str = "hello", *args: object, error: bool = False, **extra: Any) -> Any:
    try:
        raise ValueError(PERSON.email)
    except ValueError:
        told = sys.exc_info() if error else None
    made = logging.LogRecord("storelink.x", logging.WARNING, "x.py", 1, message, args, told)
    made.created = 1_793_610_000.25
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_a_line_of_json_has_time_level_logger_message_and_the_fields() -> None:
    line = JsonFormatter().format(
        record("%s sent", "one", store="shop", order="7", stage="deliver")
    )
    expected = {
        "time": "2026-11-02T09:00:00.250Z",
        "level": "warning",
        "logger": "storelink.x",
        "message": "one sent",
        "store": "shop",
        "stage": "deliver",
        "order": "7",
    }
    assert expected == json.loads(line)
    assert "\n" not in line


def test_a_line_of_text_has_the_same() -> None:
    line = TextFormatter().format(record("%s sent", "one", store="shop", order="7"))
    assert "2026-11-02T09:00:00.250Z WARNING storelink.x: one sent store=shop order=7" == line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_exception_shows_where_it_came_from_and_not_what_it_says(
    formatter: logging.Formatter,
) -> None:
    made = record(error=True)
    made.exc_text = f"ValueError: {PERSON.email}"  # what another formatter left behind
    line = formatter.format(made)
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert [] == leaked(line)


def test_an_extra_that_is_not_known_is_left_out() -> None:
    made = record(email=PERSON.email, body={"x": PERSON.email})
    assert [] == leaked(JsonFormatter().format(made) + TextFormatter().format(made))


def test_other_libraries_are_heard_from_warnings_on() -> None:
    stream = io.StringIO()
    with written(level="debug", form="text", stream=stream):
        logging.getLogger("urllib3.connectionpool").debug("GET /?email=%s", PERSON.email)
        logging.getLogger("urllib3.connectionpool").warning("pool is full")
        logging.getLogger("storelink_shopify.client").debug("asked")
    assert ["pool is full", "asked"] == [
        line.rpartition(": ")[2] for line in stream.getvalue().splitlines()
    ]


def test_after_the_block_the_log_is_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with written(level="debug"):
        assert logging.DEBUG == root.level
    assert before == (root.level, list(root.handlers))


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("level", LEVELS)
def test_the_level_says_how_much_is_heard(level: str) -> None:
    stream = io.StringIO()
    with written(level=level, form="json", stream=stream):
        for name in LEVELS:
            logging.getLogger("storelink.x").log(logging.getLevelNamesMapping()[name.upper()], name)
    heard = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert list(LEVELS[LEVELS.index(level) :]) == heard


# -- the whole pipeline ----------------------------------------------------------------------------


def talkative() -> RecordingChannel:
    """A channel that fails in every way, and quotes whom it should have reached."""
    whom = f"{PERSON.email} at {ADDRESS.line1}"
    channel = RecordingChannel()
    channel.fail_next(RetryLater(f"{whom}: mailbox busy", code="451"))
    channel.fail_next(ValueError(whom))
    channel.fail_next(Rejected(f"{whom}: no such user", code="550"))
    return channel


class Unreliable(FakeStore):
    """A store whose readings and payloads fail, and quote."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.trouble: Exception | None = None

    def normalize(self, delivery: Any) -> Any:
        if self.trouble is not None:
            raise self.trouble
        return super().normalize(delivery)

    def read(self, ref: Any) -> Any:
        if self.trouble is not None:
            raise self.trouble
        return super().read(ref)


def drive(world: World) -> None:
    """Let everything happen that is logged, and go wrong what can."""
    store = world.store
    assert isinstance(store, Unreliable)

    @world.link.on(OrderPaid)
    def failing_handler(event: OrderPaid) -> None:
        raise ValueError(f"cannot tell {PERSON.email}")

    is_broken = True  # for good, it would be asked again every five minutes

    @world.link.hook(OrderPaid)
    def failing_hook(order: Order) -> None:
        if is_broken:
            raise ValueError(f"{order.contact.email} {order.contact.phone}")

    for _ in range(4):
        order = world.timeline.place(PERSON, [MUG])
        store.edit(order, shipping_address=ADDRESS)
        parcel = world.timeline.ship(order)
        world.timeline.deliver(order, parcel)
        world.wait(timedelta(minutes=10))
    with pytest.raises(BadSignature):
        world.link.receive("shop", headers={"X-Fake-Topic": PERSON.email or ""}, body=b"{}")
    for trouble in (
        PayloadError("the field total is missing"),
        ValueError(PERSON.email),
        StoreUnavailable("the shop does not answer"),
    ):
        store.trouble = trouble
        store.place(PERSON, [MUG])
        world.tell()
        world.link.sweep("shop")
        world.wait(timedelta(minutes=10))
        store.trouble = None
    is_broken = False
    world.wait(15 * DAY)


def leaked(text: str) -> list[str]:
    return [word for word in PERSONAL if word in text.lower()]


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("form", FORMATS)
def test_nobodys_data_is_logged_whatever_happens(
    new_world: Callable[..., World], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders with names, addresses, phones; failing hooks, handlers, channels, stores."""
    monkeypatch.setattr("core.world.FakeStore", Unreliable)
    stream = io.StringIO()
    with written(level="debug", form=form, stream=stream):
        hooks = [ThankYou(), TrackingUpdates(), ReviewRequest()]
        world = new_world(hooks=hooks, channels=[talkative()])
        world.link.watch(journal)
        drive(world)
    log = stream.getvalue()
    for said in (
        "webhook absorbed",
        "webhook refused",
        "message sent",
        "message temporary",
        "message failed",
        "message in doubt",
        "sweep problems",
        "hook failing_hook failed",
        "handler failing_handler failed",
        "could not be absorbed",
    ):
        assert said in log
    assert [] == leaked(log)
    if form == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        sent = next(line for line in lines if line["message"] == "message sent")
        assert {"store", "stage", "order", "key", "channel", "seconds"} <= sent.keys()
        failed = next(line for line in lines if line["message"].startswith("handler failing"))
        assert ("call", "shop") == (failed["stage"], failed["store"])
        assert all(line["time"].endswith("Z") for line in lines)
