"""The gallery: one page that shows every order, every message and every mail, without network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from storelink.demo.mails import ReceivedMail
from storelink.demo.report import Report
from storelink.demo.story import NOT_SENT, OrderStory

_PAGE = Path(__file__).parent / "page"
_OUTCOMES = ("sent", "waiting", "cancelled", "expired", "failed", "in doubt", NOT_SENT)

# What a mail program shows instead of images that it does not load.
_NO_IMAGES = "<style>img { background: #8d868033 }</style></head>"


def page(report: Report) -> str:
    """Return the gallery of *report* as HTML.

    It loads nothing: its policy forbids that to the page and to the mails in it, which are shown
    as they came but for a shade where a remote image would be.
    """
    script = (_PAGE / "script.js").read_text(encoding="utf-8")
    style = (_PAGE / "style.css").read_text(encoding="utf-8")
    return (
        environment()
        .get_template("index.html")
        .render(
            report=report,
            figures=report.to_dict(),
            mails=report.received.by_key,
            outcomes=_outcomes(report),
            search=_search_text,
            script=Markup(script),  # noqa: S704  the project's own file
            style=Markup(style),  # noqa: S704  the project's own file
            policy=_policy(script),
        )
    )


def environment() -> Environment:
    """Return what renders the demo's own pages."""
    made = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(time=_time, anchor=_anchor, shown=_shown, day=_day)
    return made


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _outcomes(report: Report) -> list[str]:
    """Return the outcomes that occur, in the order of a message's life."""
    found = {telling.outcome for order in report.orders for telling in order.tellings}
    return [one for one in _OUTCOMES if one in found]


def _search_text(order: OrderStory, mails: Mapping[str, ReceivedMail]) -> str:
    sent = [mails.get(telling.key or "") for telling in order.tellings]
    subjects = [mail.subject for mail in sent if mail]
    return " ".join([order.number, order.caption, order.buyer, *subjects]).lower()


def _anchor(order: OrderStory) -> str:
    return f"{order.store}-{order.order_id}"


def _shown(mail: ReceivedMail) -> str:
    """Return the HTML part as the gallery shows it."""
    return (mail.html or "").replace("</head>", _NO_IMAGES, 1)


def _time(at: datetime) -> str:
    return f"{at.day} {at:%b, %H:%M}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
