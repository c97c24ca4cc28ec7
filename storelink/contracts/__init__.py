"""What a plugin must do: a store adapter, a channel, a hook; and the manifest that names it."""

from __future__ import annotations

from storelink.contracts.channel import Accepted, Channel, Rate, Retry
from storelink.contracts.connect import Connector, Grant, Request, Vault
from storelink.contracts.finding import Finding, Level
from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, SentMessage, Skip
from storelink.contracts.invoice import CheckedInvoices, Document, InvoiceSource
from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.recommend import Recommendation, Recommender
from storelink.contracts.store import Delivery, FreeShipping, Page, StoreAdapter, Subscription

__all__ = [
    "Accepted",
    "Capability",
    "Channel",
    "CheckedInvoices",
    "Connector",
    "Decision",
    "Delivery",
    "Document",
    "Facts",
    "Finding",
    "FreeShipping",
    "Grant",
    "Hook",
    "InvoiceSource",
    "Level",
    "Manifest",
    "Page",
    "Rate",
    "Reason",
    "Recommendation",
    "Recommender",
    "Request",
    "Retry",
    "Send",
    "SentMessage",
    "Skip",
    "StoreAdapter",
    "Subscription",
    "Vault",
]
