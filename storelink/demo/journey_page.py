"""The picture of the journeys: a page that loads nothing, and a PNG of it where a browser is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from markupsafe import Markup

from storelink.demo import slide
from storelink.demo.gallery import environment
from storelink.rendering.locales import babel_locale

if TYPE_CHECKING:
    from storelink.demo.journey import Journeys, Sent

_PAGE = Path(__file__).parent / "page"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

KINDS = {
    "thank_you": "heart",
    "tracking_created": "parcel",
    "out_for_delivery": "parcel",
    "delivered": "door",
    "review_request": "star",
    "review_reward": "code",
    "next_purchase": "code",
    "care_tips": "tip",
    "survey": "face",
    "community_invite": "people",
    "win_back": "wave",
    "greeting_birthday": "cake",
    "greeting_anniversary": "cake",
    "greeting_festival": "cake",
    "abandoned_checkout": "cart",
}
"""The icon of each message; what is told of trouble has a clock."""

_SHORT = {
    "review_reward": "Review reward",
    "next_purchase": "Next-order code",
    "community_invite": "Community invite",
    "out_for_delivery": "Out for delivery",
}
"""What does not fit on a card otherwise."""

_GROUPS = {
    "heart": "order",
    "parcel": "order",
    "door": "order",
    "clock": "care",
    "tip": "ask",
    "star": "ask",
    "face": "ask",
}
"""What the icon's color says; everything else is an invitation."""


def page(journeys: Journeys) -> str:
    """Return the picture as HTML, 1920 by 1080 pixels: it loads nothing."""
    env = environment()
    env.filters.update(
        kind=kind, group=group, direction=_direction, language=_language, date=_date, short=_short
    )
    scale = slide.Scale(journeys.begins, journeys.ends)
    weeks = list(scale.weeks())
    languages = {_language(one.traveler.buyer.locale) for one in journeys.each}
    return env.get_template("journey.html").render(
        title=f"{len(journeys.each)} customers, {len(languages)} languages, {len(weeks)} weeks",
        journeys=journeys,
        lanes=slide.lanes(journeys),
        weeks=weeks,
        size=slide,
        policy=_POLICY,
        style=Markup((_PAGE / "journey.css").read_text(encoding="utf-8")),  # noqa: S704  own file
    )


def kind(template: str) -> str:
    """Return the icon of a message."""
    return KINDS.get(template, "clock")


def group(template: str) -> str:
    """Return what a message is for: the order, trouble, questions, or the time after."""
    return _GROUPS.get(kind(template), "after")


def picture(html: str) -> bytes:
    """Return a page as PNG.

    Raises:
        ConfigError: there is no browser, or nothing to steer it with.
    """
    from storelink.toolkit.browser import blank_page

    with blank_page() as shown:
        shown.set_viewport_size({"width": slide.WIDTH, "height": slide.HEIGHT})
        shown.set_content(html)
        return shown.screenshot()


def _direction(language: str | None) -> str:
    return babel_locale(language or "en").text_direction


def _language(tag: str | None) -> str:
    """Return a language's English name."""
    locale: Locale = babel_locale(tag or "en")
    return Locale(locale.language).english_name or locale.language


def _date(at: datetime) -> str:
    return f"{at.day} {at:%b}"


def _short(sent: Sent) -> str:
    return _SHORT.get(sent.template, sent.title)
