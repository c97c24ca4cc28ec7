"""The blocks that say what the shop wrote itself, in the reader's language where it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context

from storelink.rendering.blocks import LINES, put, title_of
from storelink.rendering.content import Block, Button, Paragraph, Subtitle
from storelink.rendering.filters import isolate_text, shown
from storelink.rendering.links import safe_url
from storelink.rendering.words import say


@pass_context
def shop_words(context: Context, told: object) -> str:
    """Say what the shop wrote.

    Args:
        context: the template's.
        told: a text, or texts by language (BCP 47), of which the first is for readers of any other.
    """
    return put(*_own(context["locale"], told))


@pass_context
def tips(context: Context) -> str:
    """Tell the tips of the message, each below the thing that it is for."""
    found: list[Block] = []
    items: Sequence[Mapping[str, Any]] = context["items"][:LINES]
    for title in dict.fromkeys(map(title_of, items)):
        found.append(Subtitle(title))
        for item in (one for one in items if title_of(one) == title):
            url = safe_url(item.get("url"))
            found += _own(context["locale"], item.get("text"))
            found += [Button(say("Read more"), url)] if url else []
    return put(*found)


def _own(locale: str, told: object) -> list[Paragraph]:
    """Return the paragraphs of what the shop wrote; a blank line stands between two."""
    if isinstance(told, Mapping):
        texts = {str(tag).replace("_", "-").casefold(): text for tag, text in told.items()}
        tag = locale.replace("_", "-").casefold()
        found = (texts[one] for one in (tag, tag.partition("-")[0], *texts) if one in texts)
        told = next(found, "")
    return [Paragraph(isolate_text(one)) for one in shown(told).split("\n\n") if one.strip()]


SHOP_BLOCKS: Final[Mapping[str, Callable[..., str]]] = {
    "shop_words": shop_words,
    "tips": tips,
}
"""By the names that templates use."""
