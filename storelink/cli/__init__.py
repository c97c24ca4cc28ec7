"""The command line. No logic of its own: every command is a call and a way to show its answer."""

from __future__ import annotations

from storelink.cli.main import main

__all__ = ["main"]
