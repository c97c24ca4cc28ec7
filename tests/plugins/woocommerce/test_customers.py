from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storelink.errors import PayloadError
from storelink.models import Birthday, Kind
from storelink_woocommerce import normalize

Answer = Callable[[str], Any]


def test_a_customer_is_read_field_by_field(answer: Answer) -> None:
    (customer,) = normalize.customer(answer("customer_single")).records

    modified = datetime(2026, 11, 22, 3, 32, 3, tzinfo=UTC)
    assert (customer.kind, customer.id, customer.updated_at) == (Kind.CUSTOMER, "11", modified)
    assert customer.fields == {
        "email": "customer10@shop.example",
        "first_name": "Vikram",
        "last_name": "Iyer",
        "phone": "+919800079190",
        "country": "IN",
        "created_at": datetime(2026, 2, 3, 3, 27, 23, tzinfo=UTC),
        "updated_at": modified,
    }
    assert customer.needs_read is None


def test_every_recorded_customer_is_read(answer: Answer) -> None:
    names = ["customers_list", "customers_list_role_all", "customers_search", "customers_by_email"]
    bodies = [body for name in names for body in answer(name)]

    records = [normalize.customer(body).records[0] for body in bodies]

    assert [record.id for record in records] == [str(body["id"]) for body in bodies]
    assert all(record.updated_at for record in records)


def test_an_account_that_never_changed_is_as_old_as_itself(answer: Answer) -> None:
    body = {**answer("customer_single"), "date_modified_gmt": None}

    (customer,) = normalize.customer(body).records

    assert customer.updated_at == datetime(2026, 2, 3, 3, 27, 23, tzinfo=UTC)
    assert customer.fields["updated_at"] is None


def test_a_field_that_the_body_does_not_carry_is_unset() -> None:
    (customer,) = normalize.customer({"id": 5, "email": "a@mail.example"}).records

    assert customer.fields == {"email": "a@mail.example"}


def test_a_customer_without_an_address_has_neither_phone_nor_country() -> None:
    (customer,) = normalize.customer({"id": 5, "billing": {"country": "", "phone": ""}}).records

    assert customer.fields == {"phone": None, "country": None}


def test_a_deleted_customer_is_gone() -> None:
    (customer,) = normalize.deleted_customer({"id": 202}).records

    assert (customer.kind, customer.id, customer.deleted) == (Kind.CUSTOMER, "202", True)


def test_a_whole_customer_under_the_topic_of_a_deletion_speaks_for_itself(answer: Answer) -> None:
    """The topic is not signed."""
    body = answer("customer_single")

    assert normalize.deleted_customer(body) == normalize.customer(body)


@pytest.mark.parametrize(
    "odd",
    [
        {"email": 7},
        {"email": "a@mail.example\nBcc: b@mail.example"},
        {"first_name": ["A"]},
        {"billing": []},
        {"billing": False},
        {"billing": {"phone": {}}},
        {"date_created_gmt": "soon"},
        {"date_created_gmt": "0000-00-00T00:00:00"},
    ],
)
def test_an_odd_value_that_decides_nothing_does_not_cost_the_account(odd: dict[str, Any]) -> None:
    (customer,) = normalize.customer({"id": 5, **odd}).records

    assert customer.id == "5"
    assert set(customer.fields.values()) == {None}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"id": None}, "customer.id"),
        ({"id": []}, "customer.id"),
        ({"id": 5, "date_modified_gmt": "soon"}, "customer.date_modified_gmt"),
    ],
)
def test_a_wrong_type_is_refused_by_name(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(PayloadError) as refusal:
        normalize.customer(wrong)

    assert str(refusal.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("birthday", "1990-02-28", {"birthday": Birthday(month=2, day=28)}),
        ("birthday", "28/02/1990", {"birthday": None}),
        ("birthday", ["1990-02-28"], {"birthday": None}),
        ("other", "1990-02-28", {"birthday": None}),
    ],
    ids=["as ISO 8601 has it", "ambiguous", "no text", "another key"],
)
def test_a_birthday_is_where_the_shop_says(key: str, value: object, expected: object) -> None:
    body = {"id": 1, "meta_data": [{"id": 9, "key": key, "value": value}]}
    (told,) = normalize.customer(body, birthday_meta="birthday").records
    (kept_out,) = normalize.customer(body).records
    assert (expected, {}) == (told.fields, kept_out.fields)


def test_a_body_without_meta_data_says_nothing_of_a_birthday() -> None:
    (record,) = normalize.customer({"id": 1}, birthday_meta="birthday").records
    assert {} == record.fields
