"""What plugins may use: signatures, strict payload reading, contact normalization."""

from __future__ import annotations
