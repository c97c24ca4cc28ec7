"""Hooks: who should get which message, when, and why not."""

from __future__ import annotations

from storelink.contracts.hook import (
    Again,
    Decision,
    Facts,
    Hook,
    Reason,
    Said,
    Send,
    SentMessage,
    Skip,
    Tell,
)
from storelink.hooks.abandoned_checkout import AbandonedCheckout
from storelink.hooks.care import ProactiveCare
from storelink.hooks.care_tips import CareTips
from storelink.hooks.community import CommunityInvite
from storelink.hooks.greetings import Greetings
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import earned, is_refused, issued_for, withdrawn
from storelink.hooks.next_purchase import NextPurchaseReward
from storelink.hooks.returns import ReturnsUpdates
from storelink.hooks.review import ReviewRequest
from storelink.hooks.reward import ReviewReward
from storelink.hooks.survey import Survey
from storelink.hooks.thank_you import CASH_ON_DELIVERY, ThankYou
from storelink.hooks.tips import Tip
from storelink.hooks.tracking import TrackingUpdates
from storelink.hooks.win_back import WinBack

__all__ = [
    "CASH_ON_DELIVERY",
    "AbandonedCheckout",
    "Again",
    "CareTips",
    "CommunityInvite",
    "Decision",
    "Facts",
    "Greetings",
    "Hook",
    "Incentive",
    "NextPurchaseReward",
    "ProactiveCare",
    "Reason",
    "ReturnsUpdates",
    "ReviewRequest",
    "ReviewReward",
    "Said",
    "Send",
    "SentMessage",
    "Skip",
    "Survey",
    "Tell",
    "ThankYou",
    "Tip",
    "TrackingUpdates",
    "WinBack",
    "earned",
    "is_refused",
    "issued_for",
    "withdrawn",
]
