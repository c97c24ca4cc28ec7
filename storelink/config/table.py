"""What is known of one store before an adapter can be built of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storelink.config.load import settings_of
from storelink.config.settings import SECRETS, AnyStore
from storelink.config.vault import vault
from storelink.contracts.connect import Vault


@dataclass(frozen=True, slots=True)
class StoreTable:
    """What the configuration says of one store.

    Attributes:
        options: of its adapter, from the file, the environment and what is kept.
        vault: where its secrets are kept.
        is_written: whether the file or the environment names the store.
    """

    options: Mapping[str, Any] = field(repr=False)
    vault: Vault
    is_written: bool


def store_table(path: Path, store: str) -> StoreTable:
    """Return what the file at *path*, which need not exist yet, says of *store*.

    Raises:
        ConfigError: the file is wrong; the message names the setting and no secret.
    """
    folder = path.resolve().parent
    if not path.is_file():
        kept = vault(SECRETS, folder, store)
        return StoreTable(kept.load(), kept, is_written=False)
    settings = settings_of(path)
    kept = vault(settings.secrets, folder, store)
    found = settings.stores.get(store)
    options = {**(found or kept.load())}
    for name in ("platform", *AnyStore.model_fields):
        options.pop(name, None)
    return StoreTable(options, kept, is_written=found is not None)
