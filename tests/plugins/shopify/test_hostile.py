"""Whatever a genuine body holds, it is understood or refused: nothing else may happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storelink.errors import PayloadError
from storelink.models import Snapshot
from storelink_shopify import nodes, normalize, topics

BAD = (None, 5, -1.5, "x", [], {}, True, "9" * 5000, [None], [[]], [{}])
NODES = ("order", "return_", "customer", "product", "checkout", "coupon")


def outcome(topic: str, body: bytes) -> Snapshot | PayloadError:
    """What a body leads to; any other exception fails the test that asks."""
    try:
        return normalize.webhook(topic, body, None)
    except PayloadError as error:
        return error


def node_outcome(name: str, node: Any) -> Snapshot | PayloadError:
    try:
        return getattr(nodes, name)(node)
    except PayloadError as error:
        return error


def spoilt(value: Any) -> Iterator[None]:
    """Change *value* in place, one spot after the other, and put it right again."""
    spots = list(value) if isinstance(value, dict) else range(len(value))
    for spot in spots:
        genuine = value[spot]
        for bad in BAD:
            value[spot] = bad
            yield
        value[spot] = genuine
        if isinstance(genuine, dict | list):
            yield from spoilt(genuine)


def test_the_corpus_has_every_topic(corpus):
    assert set(topics.NORMALIZERS) == set(corpus.bodies)


@pytest.mark.parametrize(
    "topic",
    sorted(
        set(topics.NORMALIZERS)
        - {
            "orders/create",
            "orders/paid",
            "orders/cancelled",
            "orders/fulfilled",
            "orders/partially_fulfilled",
            "fulfillments/create",
        }
    ),
)
def test_a_wrong_value_at_any_place_of_a_body(corpus, topic):
    """The topics left out are read by the same function as one that is not."""
    body = corpus.bodies[topic]
    outcomes = [type(outcome(topic, json.dumps(body).encode())) for _ in spoilt(body)]
    assert set(outcomes) <= {Snapshot, PayloadError}
    assert isinstance(outcome(topic, json.dumps(body).encode()), Snapshot)


@pytest.mark.parametrize("name", NODES)
def test_a_wrong_value_at_any_place_of_a_node(corpus, name):
    node = corpus.nodes[name]
    outcomes = [type(node_outcome(name, node)) for _ in spoilt(node)]
    assert {Snapshot, PayloadError} == set(outcomes)
    assert isinstance(node_outcome(name, node), Snapshot)


@pytest.mark.parametrize("topic", sorted(topics.NORMALIZERS))
def test_a_body_that_was_cut_off_is_refused(corpus, topic):
    body = json.dumps(corpus.bodies[topic]).encode()
    cuts = range(0, len(body), max(1, len(body) // 40))
    assert {PayloadError} == {type(outcome(topic, body[:cut])) for cut in cuts}


@pytest.mark.parametrize("topic", sorted(set(topics.NORMALIZERS) - {"returns/process"}))
@pytest.mark.parametrize(
    "poison",
    [
        b'"\\ud800"',
        b"NaN",
        b"-Infinity",
        b"1e999999999",
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'"\xff"',
        b"1" * 5000,
    ],
    ids=["surrogate", "nan", "infinity", "huge", "brackets", "deep", "bytes", "digits"],
)
def test_poison_anywhere_in_a_body_is_refused_or_ignored(corpus, topic, poison):
    body = json.dumps(corpus.bodies[topic] | {"id": "POISON", "customerId": "POISON"}).encode()
    poisoned = body.replace(b'"POISON"', poison)
    assert isinstance(outcome(topic, poisoned), PayloadError | Snapshot)
    if poison != b"1e999999999":
        assert isinstance(outcome(topic, poisoned), PayloadError)


@pytest.mark.parametrize("topic", ["orders/updated", "customers/update"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"\x00", b"\xff\xfe", b"{" * 99])
def test_what_is_no_object_is_refused(topic, body):
    assert isinstance(outcome(topic, body), PayloadError)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["9" * 40, "1e400", "-0", "0x1", "2026-11-02T00:00:00Z", "9999-12-31"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
everywhere = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@everywhere
@given(topic=st.sampled_from(sorted(topics.NORMALIZERS)), data=st.data())
def test_arbitrary_json_under_the_keys_of_a_topic(corpus, topic, data):
    keys = st.sampled_from(sorted(corpus.bodies[topic]) or ["id"])
    body = data.draw(st.dictionaries(keys, anything, max_size=12))
    kept = data.draw(st.sets(keys))
    mixed = {**{key: corpus.bodies[topic].get(key) for key in kept}, **body}
    assert isinstance(outcome(topic, json.dumps(mixed).encode()), Snapshot | PayloadError)


@everywhere
@given(name=st.sampled_from(NODES), data=st.data())
def test_arbitrary_json_under_the_keys_of_a_node(corpus, name, data):
    keys = st.sampled_from(sorted(corpus.nodes[name]))
    node = data.draw(st.dictionaries(keys, anything, max_size=12))
    mixed = corpus.nodes[name] | node
    assert isinstance(node_outcome(name, mixed), Snapshot | PayloadError)


@everywhere
@given(value=anything)
def test_a_node_that_is_anything(value):
    for name in NODES:
        assert isinstance(node_outcome(name, value), PayloadError)
