"""Configuration: `storelink.toml` and the environment become typed settings.

Nothing is imported here: an app that is put together in code needs the checks and not the settings.
"""

from __future__ import annotations
