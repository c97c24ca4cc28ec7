"""Kiosk, an invented store platform, for storelink."""

from __future__ import annotations

from storelink_kiosk.adapter import PLUGIN, Kiosk

__all__ = ["PLUGIN", "Kiosk"]
