"""The folder that the demo leaves behind. Nothing in it is removed that the demo did not write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from storelink.errors import ConfigError

_MARK = ".storelink-demo"
_MARK_TEXT = "storelink's demo wrote this folder, and writes it anew when it runs again.\n"
_OWN = (
    "storelink.db",
    "storelink.db-wal",
    "storelink.db-shm",
    "index.html",
    "mail/[0-9][0-9][0-9][0-9]-*.eml",
    "journey.db",
    "journey.db-wal",
    "journey.db-shm",
    "journey.html",
    "journey.png",
    "journey/[0-9][0-9][0-9][0-9]-*.eml",
)


class Folder:
    """Where the demo writes.

    Args:
        path: the folder; it is created, or cleared if a former run of the demo left it.

    Raises:
        ConfigError: there is something else in that place; nothing was touched.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claim()

    @property
    def database(self) -> Path:
        """The database."""
        return self.path / "storelink.db"

    @property
    def gallery(self) -> Path:
        """The page to look at."""
        return self.path / "index.html"

    @property
    def mail(self) -> Path:
        """Where the mails are."""
        return self.path / "mail"

    @property
    def journeys(self) -> Path:
        """The database of the journeys."""
        return self.path / "journey.db"

    @property
    def picture(self) -> Path:
        """The journeys to look at: the PNG if there is one, otherwise the page."""
        png = self.path / "journey.png"
        return png if png.exists() else self.path / "journey.html"

    def write(self, *, gallery: str, mails: Iterable[tuple[str, bytes]]) -> None:
        """Write the gallery, and each mail under its name, byte for byte."""
        _write(self.mail, mails)
        self.gallery.write_text(gallery, encoding="utf-8")

    def write_journeys(
        self, page: str, picture: bytes | None, *, mails: Iterable[tuple[str, bytes]]
    ) -> None:
        """Write the journeys: the page, the PNG if there is one, and each mail."""
        _write(self.path / "journey", mails)
        (self.path / "journey.html").write_text(page, encoding="utf-8")
        if picture is not None:
            (self.path / "journey.png").write_bytes(picture)

    def _claim(self) -> None:
        if self._is_foreign():
            raise ConfigError(
                f"{self.path} was not left by the demo, and stays as it is; "
                "choose another folder with --output"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / _MARK).write_text(_MARK_TEXT, encoding="utf-8")
        for file in self._former():
            file.unlink()

    def _is_foreign(self) -> bool:
        if any(one.is_symlink() for one in (self.path, self.mail, self.path / "journey")):
            return True
        if not self.path.exists():
            return False
        return not self.path.is_dir() or (
            any(self.path.iterdir()) and not (self.path / _MARK).is_file()
        )

    def _former(self) -> Iterator[Path]:
        for pattern in _OWN:
            yield from (one for one in sorted(self.path.glob(pattern)) if not one.is_dir())


def _write(folder: Path, mails: Iterable[tuple[str, bytes]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, raw in mails:
        (folder / name).write_bytes(raw)
