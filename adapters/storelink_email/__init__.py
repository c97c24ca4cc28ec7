"""E-mail over SMTP: the channel that comes with storelink."""

from __future__ import annotations

from storelink_email.channel import PLUGIN, Email
from storelink_email.settings import EmailSettings

__all__ = ["PLUGIN", "Email", "EmailSettings"]
