"""E-mail over SMTP: the channel that comes with storelink."""

from __future__ import annotations

from storelink_email.channel import PLUGIN, Email
from storelink_email.settings import Dkim, EmailSettings, Sender

__all__ = ["PLUGIN", "Dkim", "Email", "EmailSettings", "Sender"]
