"""What a mail's HTML is made of, for the lint: elements with their colors, styles and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "col", "area", "base", "wbr"})

_AT_DARK: Final = re.compile(
    r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]|\{[^{}]*\})*)\}"
)
_AT_ANY: Final = re.compile(r"@[\w-]+[^{};]*\{(?:[^{}]|\{[^{}]*\})*\}")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Element:
    """An element, and what its text looks like.

    Attributes:
        path: the elements around it and itself, outermost first, each with its classes.
        ink: the color of its text, in light and in dark.
        ground: the color behind it, in light and in dark.
        hidden: it is there for machines only.
        line: where it begins.
    """

    tag: str
    attributes: Mapping[str, str]
    path: tuple[tuple[str, frozenset[str]], ...]
    ink: tuple[str, str]
    ground: tuple[str, str]
    hidden: bool
    line: int

    @property
    def style(self) -> dict[str, str]:
        """Its own declarations, by property."""
        return declarations(self.attributes.get("style", ""))


@dataclass(slots=True)
class Page:
    """A mail's HTML, taken apart.

    Attributes:
        elements: all of them, in order.
        texts: what stands directly in each element, as a person sees it.
        styles: what its style sheets say.
        preheader: the first text, if it is hidden: mail programs show it beside the subject.
    """

    elements: list[Element] = field(default_factory=list)
    texts: list[tuple[Element, str]] = field(default_factory=list)
    styles: str = ""
    preheader: str = ""


def read(html: str) -> Page:
    """Take the HTML of a mail apart."""
    styles = "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL | re.IGNORECASE))
    reader = _Reader(styles)
    reader.feed(html)
    reader.close()
    return reader.page


def declarations(style: str) -> dict[str, str]:
    """Return what a style says, by property.

    >>> declarations("color:#fff !important; padding: 0")
    {'color': '#fff', 'padding': '0'}
    """
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return {name.strip().lower(): value.replace("!important", "").strip() for name, value in pairs}


class _Reader(HTMLParser):
    """Follows the colors down the tree; knows as much of the cascade as mails can rely on."""

    def __init__(self, styles: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page(styles=styles)
        dark = "".join(found[1] for found in _AT_DARK.finditer(styles))
        self._light_rules = _rules(_AT_ANY.sub("", styles))
        self._dark_rules = _rules(dark)
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._element(tag, {name: value or "" for name, value in attrs})
        self.page.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag in [one.tag for one in self._open]:
            if self._open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1].tag in ("style", "script", "title"):
            return
        text = re.sub(r"[\s\u034f\u200c\u00a0]+", " ", data).strip()
        if text:
            if not self.page.texts and self._open[-1].hidden:
                self.page.preheader = text
            self.page.texts.append((self._open[-1], text))

    def _element(self, tag: str, attributes: dict[str, str]) -> Element:
        around = self._open[-1] if self._open else None
        classes = frozenset(attributes.get("class", "").split())
        path = (*(around.path if around else ()), (tag, classes))
        own = declarations(attributes.get("style", ""))
        light = _styled(self._light_rules, path) | own
        dark = light | _styled(self._dark_rules, path)
        inks = around.ink if around else ("#000000", "#000000")
        grounds = around.ground if around else ("#ffffff", "#ffffff")
        return Element(
            tag,
            attributes,
            path,
            (_ink(light, inks[0]), _ink(dark, inks[1])),
            (_ground(light, grounds[0]), _ground(dark, grounds[1])),
            (around.hidden if around else False) or own.get("display") == "none",
            self.getpos()[0],
        )


def _rules(styles: str) -> list[tuple[list[str], dict[str, str]]]:
    return [
        (selector.split(), declarations(body))
        for selectors, body in _RULE.findall(styles)
        for selector in selectors.split(",")
    ]


def _styled(
    rules: list[tuple[list[str], dict[str, str]]], path: tuple[tuple[str, frozenset[str]], ...]
) -> dict[str, str]:
    """Return what the rules say of an element; more parts of a selector weigh more."""
    fitting = [(len(parts), body) for parts, body in rules if _fits(parts, path)]
    found: dict[str, str] = {}
    for _, body in sorted(fitting, key=lambda one: one[0]):
        found |= body
    return found


def _fits(parts: list[str], path: tuple[tuple[str, frozenset[str]], ...]) -> bool:
    if not parts or not _is(parts[-1], path[-1]):
        return False
    rest: Iterator[tuple[str, frozenset[str]]] = reversed(path[:-1])
    return all(any(_is(part, one) for one in rest) for part in reversed(parts[:-1]))


def _is(part: str, one: tuple[str, frozenset[str]]) -> bool:
    tag, *classes = part.split(".")
    return tag in ("", one[0]) and set(classes) <= one[1]


def _ink(style: Mapping[str, str], around: str) -> str:
    return _color(style.get("color", "")) or around


def _ground(style: Mapping[str, str], around: str) -> str:
    said = style.get("background-color") or style.get("background", "")
    return _color(said.split(" ")[0]) or around


def _color(said: str) -> str:
    """Return a color as `#rrggbb`; `""` for what is none or cannot be judged."""
    text = {"white": "#ffffff", "black": "#000000"}.get(said.lower(), said.lower())
    if re.fullmatch("#[0-9a-f]{3}", text):
        return "#" + "".join(digit * 2 for digit in text[1:])
    return text if re.fullmatch("#[0-9a-f]{6}", text) else ""
