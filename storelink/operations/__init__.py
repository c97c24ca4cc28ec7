"""For those who run it: health, metrics, logs, and keeping the database small."""

from __future__ import annotations
