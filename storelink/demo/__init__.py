"""The demo: weeks of two stores' lives in seconds, with real webhooks and real mails."""

from __future__ import annotations
