"""`storelink templates`: copy, check and translate what messages say."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from storelink.cli.shared import Opener, as_json, show

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def templates() -> None:
    """Copy, check and translate what messages say."""


@templates.command("list")
@click.pass_obj
@as_json
def list_(opener: Opener, as_json: bool) -> None:
    """List the messages, and whose template each has."""
    from storelink.preview.configured import configured

    shop = configured(opener.config)
    show(
        [
            {
                "message": name,
                "template": "yours" if _is_own(name, shop.templates) else "storelink's",
            }
            for name in shop.messages()
        ],
        as_json=as_json,
        empty="There are no messages.",
    )


def _is_own(message: str, folder: Path | None) -> bool:
    if folder is None:
        return False
    return (folder / "messages" / f"{message}.jinja").is_file() or any(
        folder.glob(f"*/{message}/*.txt")
    )


@templates.command()
@click.argument("messages", nargs=-1, metavar="[MESSAGE]...")
@click.option("--all", "every", is_flag=True, help="Every message.")
@click.option("--whole", is_flag=True, help="Copy all of it, rather than begin one that extends.")
@click.option("--words", "tags", multiple=True, metavar="TAG", help="Words to translate: fa, sv …")
@click.option("--layout", is_flag=True, help="The frame of every mail: layout.html, _parts.html.")
@click.option("--into", type=FOLDER, help="The folder; by default the configured one, or templates")
@click.option("--force", is_flag=True, help="Write over what is there.")
@click.pass_obj
def eject(
    opener: Opener,
    messages: tuple[str, ...],
    every: bool,
    whole: bool,
    tags: tuple[str, ...],
    layout: bool,
    into: Path | None,
    force: bool,
) -> None:
    """Put into your folder what you want to change.

    A message becomes a small template that extends storelink's, so that what you leave alone goes
    on getting better. A copy (--whole) stays as it is.
    """
    from storelink.preview import ejecting
    from storelink.preview.configured import configured
    from storelink.rendering.loader import packaged_messages

    wanted = packaged_messages() if every else messages
    taken = ejecting.whole_message if whole else ejecting.start_of
    files = [taken(name) for name in wanted]
    files += [ejecting.words(tag) for tag in tags]
    files += [ejecting.whole(name) for name in ejecting.LAYOUT if layout]
    if not files:
        raise click.UsageError("name a message, or give --all, --words or --layout")
    folder = into or configured(opener.config).templates or Path("templates")
    for path in ejecting.write(folder, files, force=force):
        click.echo(path)


@templates.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--locale", "locales", multiple=True, metavar="TAG", help="Only these languages.")
@as_json
@click.pass_obj
def missing(opener: Opener, folder: Path | None, locales: tuple[str, ...], as_json: bool) -> None:
    """Tell what your own templates and words do not say in a language."""
    from storelink.preview import ejecting
    from storelink.preview.configured import configured

    shop = configured(opener.config, folder)
    rows = [
        {"language": tag, "file": file, "text": text}
        for tag, file, text in ejecting.missing(shop.templates, locales)
    ]
    show(rows, as_json=as_json, empty="Everything is translated.")


@templates.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--locale", "locales", multiple=True, metavar="TAG", help="Only these languages.")
@click.option("--spam/--no-spam", default=True, help="Ask SpamAssassin, if it is installed.")
@as_json
@click.pass_obj
def lint(
    opener: Opener, folder: Path | None, locales: tuple[str, ...], spam: bool, as_json: bool
) -> None:
    """Hold every message in every language against what mail programs, phones and laws ask.

    The exit code is 1 if there is an error; warnings and notes leave it 0.
    """
    from storelink.preview.configured import configured
    from storelink.preview.lint import lint as look
    from storelink.preview.rules import ERROR

    marks = look(configured(opener.config, folder), locales=locales, spam=spam)
    show((one._asdict() for one in marks), as_json=as_json, empty="All messages are good.")
    if any(one.level == ERROR for one in marks):
        sys.exit(1)
