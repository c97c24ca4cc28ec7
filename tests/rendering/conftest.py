"""Orders to write about, and a renderer with a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storelink.models import (
    Address,
    Contact,
    LineItem,
    Message,
    Money,
    Order,
    Outgoing,
    Scan,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    ShippingLine,
    Totals,
    Tracking,
)
from storelink.models.enums import OrderStatus
from storelink.rendering import Brand, Context, Renderer

Write = Callable[..., Outgoing]


def make_parcel(lines: tuple[LineItem, ...], **fields: object) -> Shipment:
    """Return a parcel with everything in it, tracked and promised."""
    given = {
        "tracking": (
            Tracking(number="1Z999AA1", carrier="DHL", url="https://track.example/?n=1Z999AA1"),
        ),
        "estimated_delivery_at": datetime(2026, 11, 10, 23, 59, 59, tzinfo=UTC),
        "delivered_at": datetime(2026, 11, 9, 12, 30, tzinfo=UTC),
        "scans": (
            Scan(
                id="scan-1",
                status=ShipmentStatus.EXCEPTION,
                at=datetime(2026, 11, 9, tzinfo=UTC),
                message="Address incomplete",
            ),
        ),
        **fields,
    }
    contents = tuple(ShipmentLine(line_id=line.id, quantity=line.quantity) for line in lines)
    return Shipment(id="parcel-1", order_id="1", lines=contents, **given)


def make_order(*titles: str, contact: Contact | None = None, **fields: object) -> Order:
    """Return a paid order of these things; amounts add up."""
    lines = tuple(
        LineItem(id=str(index), title=title, quantity=2, total=Money("1200.50", "EUR"))
        for index, title in enumerate(titles or ("Walnut stool", "Linen apron"))
    )
    shipping = Money("4.90", "EUR")
    total = Money.total([shipping, *(line.total for line in lines if line.total)], "EUR")
    given = {
        "number": "#1042",
        "contact": contact or Contact(first_name="Ana", last_name="Silva", email="ana@b.example"),
        "total": total,
        "totals": Totals(shipping=shipping, tax=Money("310.07", "EUR"), total=total),
        "shipping": (ShippingLine(title="Parcel", total=shipping),),
        "shipping_address": Address(
            first_name="Ana",
            line1="Rue des Fleurs 12",
            postcode="75011",
            city="Paris",
            country="FR",
        ),
        "shipments": (make_parcel(lines),),
        **fields,
    }
    return Order(
        id="1",
        store="atelier",
        status=OrderStatus.OPEN,
        currency="EUR",
        placed_at=datetime(2026, 11, 3, 22, 30, tzinfo=UTC),
        lines=lines,
        **given,
    )


@pytest.fixture(name="make_order")
def _make_order() -> Callable[..., Order]:
    return make_order


@pytest.fixture
def order() -> Order:
    return make_order()


@pytest.fixture
def brand() -> Brand:
    return Brand(
        name="Atelier Nord",
        color="#1f4d3a",
        website="https://atelier.example",
        support_email="hello@atelier.example",
        address="Lindenstraße 4, 10969 Berlin",
        signature="Mina and the Atelier team",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "templates"
    path.mkdir()
    return path


@pytest.fixture
def put(folder: Path) -> Callable[[str, str], Path]:
    """Return what writes a file of the shop's own templates."""

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def renderer(folder: Path, brand: Brand) -> Renderer:
    return Renderer(folder, brand)


@pytest.fixture
def write(renderer: Renderer, order: Order) -> Write:
    """Return what renders a message about an order, by default about `order`."""

    def render(template: str, about: Order | None = None, **options: object) -> Outgoing:
        about = about or order
        parts = {name: options.pop(name) for name in ("event", "locale") if name in options}
        medium = str(options.pop("medium", "email"))
        parcel = about.shipments[0] if about.shipments else None
        context = Context(about=about, shipment=parcel, **parts)
        message = Message(template, **options)
        return renderer.render(message, context, key="k-1", to="ana@b.example", medium=medium)

    return render
