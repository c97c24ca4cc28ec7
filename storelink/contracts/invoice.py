"""What an invoice source must do: give the invoice of an order, as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

from pydantic import ConfigDict, Field

from storelink.contracts.finding import Finding
from storelink.models.base import Value
from storelink.models.order import Order

MAX_BYTES: Final = 10_000_000
"""What is larger is no invoice, and few mail servers take it."""


class Document(Value):
    """A file that goes to a customer.

    Attributes:
        name: the file's name, for example `"Invoice-1042.pdf"`.
        number: what it is filed under, for example the invoice's number.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=200)
    number: str = Field(min_length=1, max_length=100)
    media_type: str = "application/pdf"
    content: bytes = Field(min_length=1, max_length=MAX_BYTES, repr=False)


@runtime_checkable
class InvoiceSource(Protocol):
    """Gives invoices: storelink's own, or those of the shop's accounting.

    It is asked in the worker, apart from any message, once an order is good; asked for the same
    order again, it gives the same invoice.
    """

    def invoice(self, order: Order, *, at: datetime) -> Document:
        """Return the invoice of *order*.

        Args:
            order: as it is known now.
            at: the date of the invoice, if it has none yet (UTC).

        Raises:
            StoreUnavailable: there is none yet, or it cannot be had now: it is asked for again,
                less and less often.
            Exception: anything else is logged, and asked for again, too.
        """


@runtime_checkable
class CheckedInvoices(Protocol):
    """An invoice source that can tell beforehand what will fail; `storelink check` asks it."""

    def check(self, locale: str) -> Iterable[Finding]:
        """Look whether invoices can be made, and change nothing.

        Args:
            locale: the shop's language (BCP 47).
        """
