"""Hooks: who should get which message, when, and why not."""

from __future__ import annotations

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, SentMessage, Skip
from storelink.hooks.incentive import Incentive
from storelink.hooks.review import ReviewRequest
from storelink.hooks.reward import ReviewReward
from storelink.hooks.thank_you import CASH_ON_DELIVERY, ThankYou
from storelink.hooks.tracking import TrackingUpdates

__all__ = [
    "CASH_ON_DELIVERY",
    "Decision",
    "Facts",
    "Hook",
    "Incentive",
    "Reason",
    "ReviewRequest",
    "ReviewReward",
    "Send",
    "SentMessage",
    "Skip",
    "ThankYou",
    "TrackingUpdates",
]
