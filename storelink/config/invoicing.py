"""What `storelink.toml` says of invoices."""

from __future__ import annotations

from pathlib import Path

from storelink.invoices import Seller, TypstInvoices, from_attribute, order_number


class InvoiceSettings(Seller):
    """`[invoice]`: who issues the invoices, and how; see `storelink.invoices`.

    Attributes:
        number_from: attributes of the order, the first of which has the number; by default the
            order's own number is taken.
        language: of every invoice; by default each customer's own.
        time_zone: by default the brand's.
        buyer_tax_id: the attribute that has the customer's number for tax.
        fonts: folders with more fonts, relative to the file's folder.
        facturx: put the invoice into the PDF as data, too.
    """

    number_from: tuple[str, ...] = ()
    language: str | None = None
    time_zone: str | None = None
    buyer_tax_id: str | None = None
    fonts: tuple[Path, ...] = ()
    facturx: bool = False

    def source(self, folder: Path, *, time_zone: str) -> TypstInvoices:
        """Return what makes the invoices.

        Args:
            folder: the file's folder.
            time_zone: the brand's.

        Raises:
            ConfigError: a folder does not exist, or the time zone is none.
            MissingExtra: what makes them is not installed.
        """
        told = {name: getattr(self, name) for name in Seller.model_fields}
        return TypstInvoices(
            Seller(**told),
            number=from_attribute(*self.number_from) if self.number_from else order_number,
            language=self.language,
            time_zone=self.time_zone or time_zone,
            buyer_tax_id=self.buyer_tax_id,
            fonts=[folder / one for one in self.fonts],
            facturx=self.facturx,
        )
