"""What is given for a review: honestly, or not at all. What would not be honest cannot be written.

Three rules stand behind this, and each is named when somebody runs into it:

* An incentive must not depend on what the review says: 16 CFR 465.4 of the Federal Trade
  Commission (in force since 21 October 2024); for the European Union, numbers 23b and 23c of
  Annex I to Directive 2005/29/EC.
* Google takes no reviews that somebody got something for, and forbids to ask only those who are
  content: "Maps user-contributed content policy", fake engagement and rating manipulation.
* Whoever got something has to be told to say so: 16 CFR 255.5.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from storelink.models.base import Value
from storelink.models.coupon import Offer
from storelink.models.money import Money

FTC = "16 CFR 465.4: an incentive for a review must not depend on what the review says"
GOOGLE_INCENTIVE = (
    "Google's Maps user-contributed content policy: no reviews that somebody got something for"
)
GOOGLE_GATE = "Google's Maps user-contributed content policy: do not ask only those who are content"
DISCLOSURE = "16 CFR 255.5: whoever got something for a review is to say so"

_BY_CONTENT = {"min_rating", "max_rating", "rating", "ratings", "stars", "min_stars", "sentiment"}
_BY_CONTENT |= {"only_positive", "min_score", "after_survey", "survey"}
"""What others call it when a reward, or the question itself, depends on the answer."""

_GOOGLE = (".google.", ".g.page.", ".goo.gl.")


class Incentive(Value):
    """What everybody gets who writes a review, whatever it says: a code that works once.

    >>> Incentive(percent="10").valid_for.days
    90

    Attributes:
        percent: what the code takes off, above 0 to 100; either this or *amount*.
        amount: what it takes off, in the store's own currency.
        minimum: the least that the next order must come to.
        valid_for: for how long it can be used, from the review on.

    Raises:
        ValueError: it takes nothing off, or is to depend on what the review says.
    """

    percent: Decimal | None = Field(None, gt=0, le=100)
    amount: Money | None = None
    minimum: Money | None = None
    valid_for: timedelta = Field(timedelta(days=90), gt=timedelta())

    @model_validator(mode="before")
    @classmethod
    def _whatever_it_says(cls, told: Any) -> Any:
        refuse_conditions(told)
        return told

    @model_validator(mode="after")
    def _takes_one_thing_off(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("an incentive takes off either a percentage or an amount")
        if self.amount is not None and self.amount.amount <= 0:
            raise ValueError("an incentive's amount is above zero")
        return self

    def offer(
        self, code: str, *, email: str | None, customer_id: str | None, at: datetime
    ) -> Offer:
        """Return what the store is asked for, to be used by one person from *at* on."""
        return Offer(
            code=code,
            percent=self.percent,
            amount=self.amount,
            minimum=self.minimum,
            email=email,
            customer_id=customer_id,
            expires_at=at + self.valid_for,
        )


def refuse_conditions(told: Any) -> None:
    """Refuse options by which it would depend on the answer who is asked, or who is rewarded.

    Raises:
        ValueError: there is such an option; the message names the rule.
    """
    found = sorted(_BY_CONTENT & set(told)) if isinstance(told, dict) else []
    if found:
        raise ValueError(f"{found[0]}: everybody is asked and rewarded alike ({FTC})")


def refuse_link(url: str | None, incentive: Incentive | None) -> None:
    """Refuse a link to reviews that takes none which somebody was rewarded for.

    Raises:
        ValueError: it is Google's, and there is an incentive; the message names the rule.
    """
    if url is not None and incentive is not None and is_google(url):
        raise ValueError(f"review_url with an incentive: {GOOGLE_INCENTIVE}")


def is_google(url: str) -> bool:
    """Say whether a link leads to reviews on Google.

    >>> is_google("https://g.page/r/abc/review"), is_google("https://shop.example/google.")
    (True, False)
    """
    plain = url.strip() if "://" in url else f"//{url.strip()}"
    host = f".{urlsplit(plain).hostname or ''}."
    return any(name in host for name in _GOOGLE)
