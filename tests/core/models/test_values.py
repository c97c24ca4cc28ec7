from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from storelink.errors import PayloadError
from storelink.models import (
    Contact,
    FulfillmentStatus,
    Instant,
    Kind,
    Message,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Record,
    Ref,
    ReturnReason,
    ReturnStatus,
    ShipmentStatus,
    enums,
    person_key,
)
from storelink.models.record import MODELS

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)

VOCABULARIES = [
    value
    for value in vars(enums).values()
    if isinstance(value, type) and issubclass(value, enums.Known) and value is not enums.Known
]


class TestInstant:
    def test_any_offset_is_kept_as_utc(self) -> None:
        teheran = NOON.astimezone(timezone(timedelta(hours=3, minutes=30)))
        kept = INSTANT.validate_python(teheran)
        assert NOON == kept
        assert kept.tzinfo is UTC

    @pytest.mark.parametrize("value", [NOON.replace(tzinfo=None), "2026-11-02T12:00:00"])
    def test_naive_time_is_refused(self, value: Any) -> None:
        with pytest.raises(ValidationError, match="timezone"):
            INSTANT.validate_python(value)

    @pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
    def test_a_time_beyond_the_calendar_is_refused_and_does_not_crash(self, value: str) -> None:
        with pytest.raises(ValidationError, match="out of range"):
            INSTANT.validate_python(value)


class TestVocabularies:
    @pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda one: one.__name__)
    @pytest.mark.parametrize("word", ["a-word-of-next-year", "", "OPEN", 7, None])
    def test_a_word_that_is_not_known_is_unknown(self, vocabulary: Any, word: Any) -> None:
        assert vocabulary.UNKNOWN is vocabulary(word)

    @pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda one: one.__name__)
    def test_every_word_reads_as_itself(self, vocabulary: type[StrEnum]) -> None:
        assert list(vocabulary) == [vocabulary(word.value) for word in vocabulary]

    def test_a_model_with_an_unknown_word_is_no_error(self) -> None:
        order = an_order(status="packed", payment_status="in-escrow")
        assert OrderStatus.UNKNOWN is order.status
        assert PaymentStatus.UNKNOWN is order.payment_status

    def test_the_vocabularies_that_there_are(self) -> None:
        expected = {
            OrderStatus,
            PaymentStatus,
            FulfillmentStatus,
            ShipmentStatus,
            ReturnReason,
            ReturnStatus,
            enums.ConsentState,
            enums.ConsentChannel,
            enums.ProductStatus,
            enums.CouponKind,
            enums.ReviewStatus,
        }
        assert expected == set(VOCABULARIES)


class TestValues:
    def test_a_value_is_frozen(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            an_order().number = "#2"  # type: ignore[misc]

    def test_a_field_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="extra"):
            Contact(emial="ada@example.com")  # type: ignore[call-arg]

    def test_an_order_survives_json(self) -> None:
        order = an_order(placed_at=NOON, tags=("gift",), attributes={"note": ["a", 1]})
        assert order == Order.model_validate_json(order.model_dump_json())

    @pytest.mark.parametrize("data", [{"at": NOON}, {"x": Money(1, "EUR")}, {"x": float("nan")}])
    def test_the_data_of_a_message_is_what_json_can_hold(self, data: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="what JSON can hold"):
            Message("gift_note", data=data)


class TestPersonKey:
    def test_case_and_blanks_do_not_make_two_people(self) -> None:
        expected = person_key(Contact(email="ada@example.com"))
        assert expected == person_key(Contact(email=" Ada@Example.COM "), "7")

    def test_an_account_may_buy_as_a_guest(self) -> None:
        contact = Contact(email="ada@example.com")
        assert person_key(contact, None) == person_key(contact, "7")

    def test_without_an_email_the_phone_decides_and_then_the_account(self) -> None:
        assert "+4930231250" == person_key(Contact(email=" ", phone="+4930231250"), "7")
        assert "customer/7" == person_key(Contact(), "7")
        assert person_key(Contact(), None) is None


class TestRef:
    @pytest.mark.parametrize(
        "ref",
        [
            Ref.order("1042"),
            Ref.shipment("a:b/c"),
            Ref(kind=Kind.PERSON, id="ada:x@example.com"),
        ],
    )
    def test_a_ref_reads_what_it_wrote(self, ref: Ref) -> None:
        assert ref == Ref.parse(str(ref))


class TestRecord:
    def test_fields_are_checked_and_brought_into_form(self) -> None:
        fields = {"status": "open", "placed_at": "2026-11-02T13:00:00+01:00"}
        record = Record(kind=Kind.ORDER, id="1", fields=fields)
        assert {"status": OrderStatus.OPEN, "placed_at": NOON} == record.fields

    def test_fields_are_told_as_json_and_no_others(self) -> None:
        total, line = Money("12.00", "EUR"), {"id": "1", "title": "Mug", "quantity": 1}
        fields = {"total": total, "placed_at": NOON, "paid_at": None, "lines": [line]}
        told = Record(kind=Kind.ORDER, id="1", fields=fields).json_fields()

        assert fields.keys() == told.keys()
        assert {"amount": "12.00", "currency": "EUR"} == told["total"]
        assert "2026-11-02T12:00:00Z" == told["placed_at"]
        assert line.items() <= told["lines"][0].items()
        assert told == Record(kind=Kind.ORDER, id="1", fields=told).json_fields()

    @pytest.mark.parametrize("kind", MODELS)
    def test_a_record_of_any_kind_may_carry_nothing(self, kind: Kind) -> None:
        assert {} == Record(kind=kind, id="1").json_fields()

    def test_a_field_that_is_carried_empty_is_not_one_that_is_not_carried(self) -> None:
        record = Record(kind=Kind.ORDER, id="1", fields={"paid_at": None})
        assert {"paid_at": None} == record.fields

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"colour": "red"}, "order has no field 'colour'"),
            ({"shipments": []}, "order.shipments is not a field of a record"),
            ({"raw": {}}, "order.raw is not a field of a record"),
            ({"placed_at": "2026-11-02T12:00:00"}, r"order\.placed_at: .*timezone"),
            ({"placed_at": "9999-12-31T23:59:59-12:00"}, r"order\.placed_at: .*out of range"),
            ({"total": 5}, r"order\.total: .*money is"),
            (
                {"lines": [{"id": "1", "title": "Mug"}]},
                r"order\.lines\.0\.quantity: Field required",
            ),
            ({"contact": {"email": ["x"]}}, r"order\.contact\.email"),
        ],
    )
    def test_a_wrong_field_is_named(self, fields: dict[str, Any], message: str) -> None:
        with pytest.raises(PayloadError, match=message):
            Record(kind=Kind.ORDER, id="1", fields=fields)

    def test_the_error_does_not_tell_the_value(self) -> None:
        with pytest.raises(PayloadError) as caught:
            Record(kind=Kind.ORDER, id="1", fields={"contact": {"email": ["ada@example.com"]}})
        assert "ada" not in str(caught.value)

    def test_a_record_has_an_id(self) -> None:
        with pytest.raises(PayloadError, match="a refund without an id"):
            Record(kind=Kind.REFUND, id="")

    def test_a_naive_version_is_refused(self) -> None:
        with pytest.raises(PayloadError, match=r"order\.updated_at: expected a time"):
            Record(kind=Kind.ORDER, id="1", updated_at=NOON.replace(tzinfo=None))

    def test_a_version_is_kept_as_utc(self) -> None:
        teheran = NOON.astimezone(timezone(timedelta(hours=3, minutes=30)))
        record = Record(kind=Kind.ORDER, id="1", updated_at=teheran)
        assert record.updated_at is not None
        assert UTC is record.updated_at.tzinfo
        assert NOON == record.updated_at


def an_order(**fields: Any) -> Order:
    told = {"id": "1", "store": "shop", "number": "#1", "status": "open", "currency": "EUR"}
    return Order.model_validate({**told, "total": {"amount": "12.00", "currency": "EUR"}, **fields})


def test_json_of_a_model_has_no_surprises() -> None:
    body = json.loads(an_order(placed_at=NOON).model_dump_json())
    assert {"amount": "12.00", "currency": "EUR"} == body["total"]
    assert "2026-11-02T12:00:00Z" == body["placed_at"]
