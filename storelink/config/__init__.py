"""Configuration: `storelink.toml` and the environment become typed settings."""

from __future__ import annotations

from storelink.config.load import load_config
from storelink.config.settings import Settings

__all__ = ["Settings", "load_config"]
