"""Commands about recommendations: show, rebuild."""

from __future__ import annotations

import json

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link


@click.group()
def recommend() -> None:
    """See what is recommended to whom and why, and count anew what people bought together."""


@recommend.command("show")
@click.option("--store", required=True, help="The store.")
@click.option("--email", help="For whom.")
@click.option("--product", "products", multiple=True, help="Start from this id; can be repeated.")
@click.option("--count", type=click.IntRange(1, 100), default=3, show_default=True)
@as_json
@with_link
def show_(
    link: Storelink,
    store: str,
    email: str | None,
    products: tuple[str, ...],
    count: int,
    as_json: bool,
) -> None:
    """Say which products somebody may like, and why."""
    rows = (
        {
            "product": one.product.id,
            "title": one.product.title,
            "score": f"{one.score:.3f}",
            "people": one.people,
            "because": one.because.id,
            "reason": one.reason,
        }
        for one in link.recommend(store, email=email, products=products, count=count)
    )
    show(rows, as_json=as_json, empty="Too little is known to recommend anything.")


@recommend.command()
@click.option("--store", help="Only this store.")
@as_json
@with_link
def rebuild(link: Storelink, store: str | None, as_json: bool) -> None:
    """Count now which products the same people bought; the worker does so once a day."""
    stores = link.stores if store is None else (store,)
    found = [link.rebuild_recommendations(one).to_dict() for one in stores]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(
            f"{one['store']}: {one['people']} people bought {one['products']} products, "
            f"which have {one['neighbors']} neighbors."
        )
