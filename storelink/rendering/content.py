"""What a message says, apart from how a channel shows it: blocks, in the order of reading.

All text is plain. Somebody else's words are between the isolates U+2068 and U+2069 where they
would reorder the sentence that they stand in; the forms in `storelink.rendering.forms` make of it
what a mail program, a phone or a chat can show.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from storelink.rendering.plain import single_spaced, tidy

Json = Mapping[str, Any]


class Paragraph(NamedTuple):
    """Some sentences; *quiet* ones are told beside the matter."""

    text: str
    quiet: bool = False
    kind: str = "paragraph"


class Subtitle(NamedTuple):
    """What the following blocks are about."""

    text: str
    kind: str = "subtitle"


class Button(NamedTuple):
    """Where the reader can go, and what for; *url* is safe."""

    label: str
    url: str
    kind: str = "button"


class Link(NamedTuple):
    """Where the reader can go beside the matter; *url* is safe."""

    label: str
    url: str
    kind: str = "link"


class Fact(NamedTuple):
    """A value, and what it is: a carrier, a number, a day. *large* ones are what matters most."""

    label: str
    value: str
    large: bool = False
    kind: str = "fact"


class Facts(NamedTuple):
    """Facts that belong together."""

    facts: tuple[Fact, ...]
    kind: str = "facts"


class Steps(NamedTuple):
    """How far something has come: *labels* in order, the first *reached* of them done."""

    labels: tuple[str, ...]
    reached: int
    spoken: str
    kind: str = "steps"


class Thing(NamedTuple):
    """A thing that was bought, with what can be done about it."""

    name: str
    variant: str = ""
    quantity: str = ""
    detail: str = ""
    image_url: str = ""
    amount: str = ""
    label: str = ""
    url: str = ""


class Row(NamedTuple):
    """A line of a sum; the *strong* one is what it comes to."""

    label: str
    amount: str
    strong: bool = False


class Things(NamedTuple):
    """Things, and what they come to."""

    things: tuple[Thing, ...]
    rows: tuple[Row, ...] = ()
    more: str = ""
    kind: str = "things"


class Recommendations(NamedTuple):
    """Things that the reader may like, each with the reason as its detail. They advertise."""

    things: tuple[Thing, ...]
    kind: str = "recommendations"


class Place(NamedTuple):
    """A postal address, line by line."""

    lines: tuple[str, ...]
    kind: str = "place"


class Scale(NamedTuple):
    """A question that is answered with one tap.

    Attributes:
        answers: each leads to where it is given.
        low: what the first one means; *high* the last one.
        label: what to call the way there; *url* is where no answer is chosen yet.
    """

    answers: tuple[Button, ...]
    low: str
    high: str
    label: str
    url: str
    kind: str = "scale"


class Code(NamedTuple):
    """Something to be typed in elsewhere."""

    text: str
    kind: str = "code"


class Offer(NamedTuple):
    """What advertises, whatever message it stands in: the law may want consent for it."""

    text: str
    label: str = ""
    url: str = ""
    kind: str = "offer"


class FooterLine(NamedTuple):
    """A line below a message, and where it leads."""

    text: str
    url: str = ""


Block = (
    Paragraph | Subtitle | Button | Link | Fact | Facts | Steps | Things | Recommendations
    | Place | Code | Offer | Scale
)  # fmt: skip


class Content(NamedTuple):
    """What a message says.

    Attributes:
        subject: one line.
        preheader: what mail programs show beside the subject; with it, the whole in short.
        headline: what the reader sees first, in one line.
        blocks: the rest, in the order of reading.
        footer: what stands below: how to say no, and what the law wants said.
        cards: what it says, for machines (schema.org).
    """

    subject: str
    preheader: str = ""
    headline: str = ""
    blocks: tuple[Block, ...] = ()
    footer: tuple[FooterLine, ...] = ()
    cards: tuple[Json, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its blocks."""
        return frozenset(block.kind for block in self.blocks)


class Draft:
    """Collects the content while a template runs.

    A block leaves a mark in the text, so that it stands where the template put it. Between the
    marks is prose: a blank line ends a paragraph.
    """

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self._name = secrets.token_hex(4)  # nobody can write the mark of a block
        self._is_open = False
        self._blocks: list[Block] = []
        self._cards: list[Json] = []

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let blocks be placed: what is written inside is the body."""
        before, self._is_open = self._is_open, True
        try:
            yield
        finally:
            self._is_open = before

    def place(self, *blocks: Block) -> str:
        """Take *blocks* in, and return what stands for them in the text.

        Raises:
            TypeError: what is written now is no body.
        """
        if not self._is_open:
            raise TypeError("blocks belong into the body of a message, and not into its HTML")
        first = len(self._blocks)
        self._blocks.extend(blocks)
        marks = range(first, first + len(blocks))
        return "".join(f"\n\n\0{self._name}:{number}\0\n\n" for number in marks)

    def add_card(self, card: Json) -> None:
        """Take in what the message says for machines."""
        self._cards.append(card)

    def clear(self) -> None:
        """Forget what was said; blocks that are placed from now on are counted on."""
        self.parts.clear()
        self._cards.clear()

    def content(self, subject: str, body: str, footer: tuple[FooterLine, ...]) -> Content:
        """Return what was collected; *body* is the text with its marks."""
        return Content(
            subject=subject,
            preheader=single_spaced(self.parts.get("preheader", "")),
            headline=single_spaced(self.parts.get("headline", "")),
            blocks=tuple(_together(self._read(body))),
            footer=footer,
            cards=tuple(self._cards),
        )

    def _read(self, body: str) -> Iterator[Block]:
        for at, part in enumerate(re.split(f"\0{self._name}:(\\d+)\0", body)):
            if at % 2:
                yield self._blocks[int(part)]
                continue
            for text in tidy(part.replace("\0", "")).strip("\n").split("\n\n"):
                if text.strip():
                    # No language writes a blank after an ideographic full stop.
                    yield Paragraph(text.replace("。 ", "。"))


def _together(blocks: Iterator[Block]) -> Iterator[Block]:
    """Put facts that follow one another into one block."""
    facts: list[Fact] = []
    for block in blocks:
        if isinstance(block, Fact):
            facts.append(block)
            continue
        if facts:
            yield Facts(tuple(facts))
            facts = []
        yield block
    if facts:
        yield Facts(tuple(facts))
