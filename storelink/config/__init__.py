"""Configuration: `storelink.toml` and the environment become typed settings."""

from __future__ import annotations

from storelink.config.load import load_config
from storelink.config.settings import Settings
from storelink.config.table import StoreTable, store_table

__all__ = ["Settings", "StoreTable", "load_config", "store_table"]
