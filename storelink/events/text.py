"""The text form of events: one JSON object each, readable by any later version."""

from __future__ import annotations

import json
from typing import Any

from storelink.events.types import EVENT_TYPES, Event, UnknownEvent


def dump(event: Event) -> dict[str, Any]:
    """Return *event* as JSON has it, with its type."""
    name = event.name if isinstance(event, UnknownEvent) else event.type
    body = event.model_dump(mode="json", exclude_none=True, exclude={"name", "data"})
    extra = event.data if isinstance(event, UnknownEvent) else {}
    return {"type": name, **extra, **body}


def dumps(event: Event) -> str:
    """Return *event* as one line of JSON."""
    return json.dumps(dump(event), ensure_ascii=False)


def load(body: dict[str, Any]) -> Event:
    """Return the event that *body* describes; an unknown type becomes an `UnknownEvent`."""
    fields = dict(body)
    name = fields.pop("type", "unknown")
    known = EVENT_TYPES.get(name)
    if known:
        return known.model_validate(fields)
    own = {key: fields.pop(key) for key in list(fields) if key in Event.model_fields}
    return UnknownEvent.model_validate({**own, "name": name, "data": fields})


def loads(line: str) -> Event:
    """Return the event that `dumps` wrote."""
    return load(json.loads(line))
