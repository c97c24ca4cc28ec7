"""`python -m storelink` is the command line."""

from __future__ import annotations

from storelink.cli import main

main()
