"""What each kind of channel shows of a message: the whole as text, or the short of it.

The HTML of a mail is made by the template `mail.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from storelink.rendering.content import (
    Button,
    Code,
    Content,
    Facts,
    Link,
    Offer,
    Paragraph,
    Place,
    Recommendations,
    Scale,
    Steps,
    Subtitle,
    Thing,
    Things,
)
from storelink.rendering.filters import facing, isolate_text
from storelink.rendering.plain import tidy
from storelink.rendering.session import current
from storelink.rendering.words import say_as

CHATS: Final = frozenset({"whatsapp", "telegram", "messenger", "instagram", "viber", "line"})
"""Media that show text, and below it only what the law wants said: who wants no more says so
in the chat."""
TEXT_ONLY: Final = CHATS | {"sms"}
"""Media without HTML."""

_STOPS: Final = {"bn": "।", "hi": "।", "ja": "。"}
"""What ends a sentence, by language, where it is not a full stop."""


def form_of(medium: str, content: Content, shop: str) -> str:
    """Return the text that a channel shows.

    Args:
        medium: what the channel is, as laws call it: `"email"`, `"sms"`, `"whatsapp"`.
        content: what the message says.
        shop: who says it.
    """
    if medium == "sms":
        return short(content, shop)
    if medium in CHATS:
        duties = tuple(line for line in content.footer if not line.url)
        return whole(content._replace(footer=duties))
    return whole(content)


def whole(content: Content) -> str:
    """Return all that a message says as plain text."""
    below = "\n".join(
        _labelled(line.text, line.url) if line.url else line.text for line in content.footer
    )
    parts = [facing(content.headline), *_blocks(content), facing(below)]
    return tidy("\n\n".join(part for part in parts if part))


def short(content: Content, shop: str) -> str:
    """Return a message in as few words as it can be said: for phones, which pay by length."""
    first = next((one.text for one in content.blocks if isinstance(one, Paragraph)), "")
    told = f"{_ended(content.subject)} {content.preheader or first}".strip().replace("。 ", "。")
    codes = [block.text for block in content.blocks if isinstance(block, Code)]
    codes += _facts(content, is_linked=bool(_first_link(content)))
    links = [line.url or line.text for line in content.footer]
    parts = [_labelled(isolate_text(shop), told), *codes, *_first_link(content), *links]
    return " ".join(parts).replace("\n", " ") + "\n"


def _facts(content: Content, *, is_linked: bool) -> list[str]:
    """Return the facts that matter most; all of them where no link leads to them."""
    facts = [one for block in content.blocks if isinstance(block, Facts) for one in block.facts]
    return [_ended(_labelled(one.label, one.value)) for one in facts if one.large or not is_linked]


def _ended(text: str) -> str:
    if text.endswith((".", "!", "?", "。", "।", "؟", "！", "？")):
        return text
    return text + _STOPS.get(current().language.language, ".")


def _first_link(content: Content) -> list[str]:
    for block in content.blocks:
        if isinstance(block, Button | Offer | Scale) and block.url:
            return [block.url]
        if isinstance(block, Things):
            urls = [one.url for one in block.things if one.url]
            if urls:
                return urls[:1]
    return []


def _blocks(content: Content) -> Iterator[str]:
    title = ""
    for block in content.blocks:
        if isinstance(block, Subtitle):
            if title:
                yield title
            title = facing(f"{block.text}\n")
            continue
        told = _TEXTS[type(block)](block)
        # A mark would be copied with the code.
        yield title + (told if isinstance(block, Code) else facing(told))
        title = ""
    if title:
        yield title


def _things(block: Things) -> str:
    lines = [line for thing in block.things for line in _thing(thing)]
    lines += [f"- {block.more}"] if block.more else []
    rows = [_labelled(row.label, row.amount) for row in block.rows]
    return "\n\n".join("\n".join(part) for part in (lines, rows) if part)


def _thing(thing: Thing) -> Iterator[str]:
    count = f"{thing.quantity} × " if thing.quantity else ""
    variant = f" ({thing.variant})" if thing.variant else ""
    told = f"- {count}{thing.name}{variant}"
    yield _labelled(told, thing.amount) if thing.amount else told
    if thing.url:
        yield f"  {_labelled(thing.label, thing.url)}"


def _recommendations(block: Recommendations) -> str:
    lines = []
    for thing in block.things:
        name, *link = _thing(thing)
        lines += [name, *([f"  {thing.detail}"] if thing.detail else []), *link]
    return "\n".join(lines)


def _offer(block: Offer) -> str:
    return f"{block.text}\n{_labelled(block.label, block.url)}" if block.url else block.text


def _labelled(label: str, value: str) -> str:
    between = say_as("between a label and its value", ": ")
    return f"{label}{between}{value}"


_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    Paragraph: lambda block: block.text,
    Button: lambda block: _labelled(block.label, block.url),
    Link: lambda block: _labelled(block.label, block.url),
    Facts: lambda block: "\n".join(_labelled(one.label, one.value) for one in block.facts),
    Steps: lambda block: block.spoken,
    Things: _things,
    Recommendations: _recommendations,
    Place: lambda block: "\n".join(block.lines),
    Code: lambda block: block.text,
    Offer: _offer,
    Scale: lambda block: _labelled(block.label, block.url),
}
