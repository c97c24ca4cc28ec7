"""The shop that a configuration file describes, without opening its stores or its database."""

from __future__ import annotations

from pathlib import Path

from storelink.config.load import settings_of
from storelink.config.settings import ChannelPacing
from storelink.preview.samples import BRAND
from storelink.preview.written import Shop


def configured(path: Path, templates: Path | None = None) -> Shop:
    """Return the shop of the file at *path*, or one to try things with if there is no such file.

    Args:
        path: the configuration.
        templates: a folder of templates, instead of the file's.

    Raises:
        ConfigError: the file is wrong, or the folder does not exist.
    """
    if not path.is_file():
        return Shop(templates=templates)
    settings = settings_of(path)
    own = path.resolve().parent / settings.templates if settings.templates else None
    mail = {
        name: value
        for name, value in settings.channels.get("email", {}).items()
        if name not in ChannelPacing.model_fields
    }
    return Shop(templates=templates or own, brand=settings.brand or BRAND, mail=mail)
