"""What all values share: frozen, strict about unknown fields, aware time, silent about people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime; any offset is accepted, UTC is kept. Naive time is refused."""


def personal(default: Any = None) -> Any:
    """Return a field that holds personal data and therefore stays out of `repr`."""
    return Field(default, repr=False)


def raw_payload() -> Any:
    """Return the field that keeps what the platform sent, as it sent it."""
    return Field(default_factory=dict, repr=False)


class Value(BaseModel):
    """A frozen value without behaviour outside itself; errors do not repeat what it was given."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", hide_input_in_errors=True
    )
