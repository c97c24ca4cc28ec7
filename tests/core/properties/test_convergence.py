"""Whatever the order, the number and the losses of webhooks: what is known is the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from core.properties.history import History, Shop, histories
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.testing import Webhook

chances = st.randoms(use_true_random=False)


def disordered(webhooks: Sequence[Webhook], chance: random.Random) -> list[Webhook]:
    """Every webhook at least once, some twice or three times, in any order."""
    repeated = [webhook for webhook in webhooks for _ in range(chance.choice((1, 1, 2, 3)))]
    chance.shuffle(repeated)
    return repeated


@settings(max_examples=60)
@given(histories, chances)
def test_any_order_and_repetition_gives_the_same_picture(
    history: History, chance: random.Random
) -> None:
    """From webhooks alone, without a single read: mirror, events, and what is planned."""
    with Shop(history) as straight, Shop(history) as shuffled:
        straight.hear(history.webhooks).plan()
        shuffled.hear(disordered(history.webhooks, chance)).plan()
        assert straight.picture() == shuffled.picture()


@settings(max_examples=40)
@given(histories, chances)
def test_and_after_reading_and_sending(history: History, chance: random.Random) -> None:
    """Every order read, and the worker run until it rests."""
    with Shop(history) as straight, Shop(history) as shuffled:
        for shop, webhooks in (
            (straight, history.webhooks),
            (shuffled, disordered(history.webhooks, chance)),
        ):
            shop.hear(webhooks).read().link.run_once()
        assert straight.picture() == shuffled.picture()
        keys = [mail.key for mail in shuffled.channel.sent]
        assert [mail.key for mail in straight.channel.sent] == keys
        assert len(keys) == len(set(keys))


@settings(max_examples=40)
@given(histories, chances)
def test_the_mirror_is_the_store_s_truth(history: History, chance: random.Random) -> None:
    """Webhooks in any order, then the worker: no more reads are open, and nothing is missed.

    The worker reads what the webhooks left open, and nothing else is read.
    """
    with Shop(history) as heard, Shop(history) as told:
        heard.hear(disordered(history.webhooks, chance)).link.run_once()
        told.read()
        truth = told.mirror
        assert truth == {key: one for key, one in heard.mirror.items() if key in truth}
        assert history.deleted == {key for key, one in heard.mirror.items() if one.deleted_at}
        standing = set(history.goods) - history.removed
        assert {ref: told.goods[ref] for ref in standing} == {
            ref: heard.goods[ref] for ref in standing
        }
        assert all(
            one is None or one.deleted_at
            for ref, one in heard.goods.items()
            if ref in history.removed
        )


@settings(max_examples=40)
@given(histories, chances)
def test_a_loss_is_repaired_by_reading(history: History, chance: random.Random) -> None:
    """The same mirror, and every event that the final state still implies."""
    kept = [webhook for webhook in history.webhooks if chance.random() < 0.5]
    with Shop(history) as straight, Shop(history) as lossy, Shop(history) as read_only:
        straight.hear(history.webhooks).read()
        lossy.hear(disordered(kept, chance)).read()
        read_only.read()
        standing = set(history.order_ids) - history.deleted
        assert {key: straight.mirror[key] for key in standing} == {
            key: lossy.mirror[key] for key in standing
        }
        assert all(one.deleted_at for key, one in lossy.mirror.items() if key not in standing)
        kept_goods = set(history.goods) - history.removed
        assert {ref: straight.goods[ref] for ref in kept_goods} == {
            ref: lossy.goods[ref] for ref in kept_goods
        }
        implied, known = read_only.events, lossy.events
        assert implied.keys() <= known.keys()
        exact = {key: event for key, event in implied.items() if event[2]}
        assert exact == {key: known[key] for key in exact}


@settings(max_examples=30)
@given(histories, chances)
def test_a_worker_that_runs_in_between_sends_nothing_twice(
    history: History, chance: random.Random
) -> None:
    """It reads, plans and sends on half of the story; the end is the same."""
    with Shop(history) as straight, Shop(history) as busy:
        straight.hear(history.webhooks).read()
        for webhook in disordered(history.webhooks, chance):
            busy.hear([webhook])
            if chance.random() < 0.3:
                busy.link.run_once()
        busy.link.run_once()
        standing = set(history.order_ids) - history.deleted
        assert {key: straight.mirror[key] for key in standing} == {
            key: busy.mirror[key] for key in standing
        }
        assert straight.events.keys() <= busy.events.keys()
        twice = [
            key for key, times in Counter(m.key for m in busy.channel.sent).items() if times > 1
        ]
        assert [] == twice
