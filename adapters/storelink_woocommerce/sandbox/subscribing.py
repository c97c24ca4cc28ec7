"""Webhooks as the API makes them: whom to send what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storelink.toolkit.signing import digest
from storelink_woocommerce.sandbox.outgoing import HOOKS
from storelink_woocommerce.sandbox.refusals import Refusal
from storelink_woocommerce.sandbox.site import Row
from storelink_woocommerce.sandbox.world import World

_STATUSES = ("active", "paused", "disabled")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_ACTION = re.compile(r"action\.(?:woocommerce|wc)_\w+")


def create(world: World, data: Mapping[str, Any]) -> Row:
    """Make a webhook; its address is tried at once, and whatever comes of that, it is made.

    Raises:
        Refusal: the topic or the address is none.
    """
    topic = str(data.get("topic", ""))
    resource, event, hooks = _parts(topic)
    url = _url(data.get("delivery_url"))
    number = world.new_id("webhook")
    row: Row = {
        "id": number,
        "name": data.get("name") or f"Webhook created on {world.site.local(world.site.now())}",
        "status": _status(data.get("status", "active")),
        "topic": topic,
        "resource": resource,
        "event": event,
        "hooks": hooks,
        "delivery_url": url,
        "created": world.site.now(),
        "modified": None,
        "secret": data.get("secret") or digest("webhook", str(number)),
        "failures": 0,
    }
    world.outgoing.hooks[number] = row
    world.outgoing.ping(url, number)
    return row


def change(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Change a webhook. Switching it on again leaves its count of failures as it was."""
    if "topic" in data:
        row["topic"] = str(data["topic"])
        row["resource"], row["event"], row["hooks"] = _parts(row["topic"])
    if "delivery_url" in data:
        row["delivery_url"] = _url(data["delivery_url"])
    if "status" in data:
        row["status"] = _status(data["status"])
    row.update({name: data[name] for name in ("name", "secret") if name in data})
    row["modified"] = world.site.now()
    return row


def erase(world: World, row: Row) -> None:
    """Delete a webhook for ever, with all that is still to be sent to it."""
    del world.outgoing.hooks[row["id"]]
    world.outgoing.forget(row["id"])


def _parts(topic: str) -> tuple[str, str, list[str]]:
    """Return resource, event and actions of a topic."""
    resource, _, event = topic.partition(".")
    if _ACTION.fullmatch(topic):
        return resource, event, [event]
    if topic not in HOOKS:
        text = "Webhook topic is required and must be valid."
        raise Refusal(400, "woocommerce_rest_shop_webhook_invalid_topic", text)
    return resource, event, list(HOOKS[topic])


def _url(value: Any) -> str:
    if not _ADDRESS.fullmatch(str(value or "")):
        text = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise Refusal(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", text)
    return str(value)


def _status(value: Any) -> str:
    if value not in _STATUSES:
        text = "Webhook status must be valid."
        raise Refusal(400, "woocommerce_rest_shop_webhook_invalid_status", text)
    return str(value)
