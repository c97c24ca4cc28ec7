"""`storelink preview`: look at the messages, before anybody gets them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storelink.cli.shared import PORT, Opener, as_json
from storelink.errors import ConfigError

if TYPE_CHECKING:
    from storelink.preview.pictures import Camera
    from storelink.preview.written import Shop


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write files there.")
@click.option("--png", is_flag=True, help="Write pictures, too; needs Playwright and Chromium.")
@click.option("--message", "messages", multiple=True, metavar="NAME", help="Only these messages.")
@click.option("--locale", "locales", multiple=True, metavar="TAG", help="Only these languages.")
@click.option(
    "--sample",
    type=click.Choice(["usual", "large", "long", "hostile"]),
    default="usual",
    show_default=True,
    help="What kind of order to write about.",
)
@click.option("--store", metavar="NAME", help="Write about an order of this store …")
@click.option("--order", metavar="ID", help="… namely this one, by id or number.")
@click.option("--port", type=PORT, default=8025, show_default=True, help="Of the gallery.")
@as_json
@click.pass_obj
def preview(
    opener: Opener,
    /,
    out: Path | None,
    png: bool,
    messages: tuple[str, ...],
    locales: tuple[str, ...],
    as_json: bool,
    port: int,
    **about: Any,
) -> None:
    """Look at every message, in every language and on every channel.

    Without --out, a gallery is served on this machine only; it follows your templates as you write
    them. Nothing is sent.
    """
    if png and out is None:
        raise click.UsageError("--png writes pictures: give --out, too")
    shop = _shop(opener, **about)
    if unknown := set(messages) - set(shop.messages()):
        raise click.BadParameter(f"there is no message {min(unknown)!r}", param_hint="--message")
    if out is None:
        _serve(shop, messages, locales, port)
        return
    written = _write(shop, out, messages, locales, png=png)
    if as_json:
        click.echo(json.dumps([str(path) for path in written], indent=2, ensure_ascii=False))
    else:
        click.echo(f"{len(written)} files are in {out}.")


def _shop(opener: Opener, *, sample: str, store: str | None, order: str | None) -> Shop:
    from storelink.preview import samples
    from storelink.preview.configured import configured

    shop = configured(opener.config)
    if store is None and order is None:
        return replace(shop, about=lambda locale: samples.sample(locale, sample))
    if store is None or order is None:
        raise click.UsageError("--store and --order belong together")
    with opener.open() as link:
        found, brand = link.order(store, order), link.brand
    if found is None:
        raise ConfigError(f"the store {store!r} has no order {order!r}")
    return replace(shop, brand=brand, about=lambda _: found)


def _serve(shop: Shop, messages: tuple[str, ...], locales: tuple[str, ...], port: int) -> None:
    from storelink.loop import until_signal
    from storelink.preview.gallery import Gallery
    from storelink.toolkit.serving import served

    gallery = Gallery(shop, messages=messages, locales=locales)
    with served(gallery, host="127.0.0.1", port=port) as url, until_signal() as stop:
        click.echo(f"Look at {url}/ and stop with Ctrl-C.", err=True)
        stop.wait()


def _write(
    shop: Shop, out: Path, messages: tuple[str, ...], locales: tuple[str, ...], *, png: bool
) -> list[Path]:
    from storelink.preview.samples import sample_locales
    from storelink.preview.written import Writer, files, places

    writer, written = Writer(shop, shop.renderer()), []
    wanted = places(messages or shop.messages(), locales or sample_locales())
    with (
        _camera(png) as take,
        click.progressbar(wanted, label="Messages", file=sys.stderr) as shown,
    ):
        for place in shown:
            folder = out / place.message / place.locale
            folder.mkdir(parents=True, exist_ok=True)
            made = dict(files(writer, place))
            if take is not None and "email.html" in made:
                made |= take(made["email.html"].decode())
            for name, body in made.items():
                (folder / name).write_bytes(body)
                written.append(folder / name)
    return written


@contextmanager
def _camera(wanted: bool) -> Iterator[Camera | None]:
    if not wanted:
        yield None
        return
    from storelink.preview.pictures import camera

    with camera() as take:
        yield take
