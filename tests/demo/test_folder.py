"""The demo's folder: written anew each time, and never at somebody else's cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from storelink.demo.folder import Folder
from storelink.errors import ConfigError


def fill(path: Path) -> Folder:
    folder = Folder(path)
    folder.database.write_bytes(b"a database")
    folder.write(gallery="<p>", mails=[("0001-a.eml", b"one"), ("0002-b.eml", b"two")])
    folder.journeys.write_bytes(b"a database")
    folder.write_journeys("<p>", b"a picture", mails=[("0001-a.eml", b"one")])
    return folder


def names(path: Path) -> set[str]:
    return {str(one.relative_to(path)) for one in path.rglob("*") if one.is_file()}


def test_a_former_run_is_cleared(tmp_path: Path) -> None:
    """Nothing of it is left to be mistaken for the new run's."""
    fill(tmp_path / "out")

    folder = Folder(tmp_path / "out")
    assert {".storelink-demo"} == names(folder.path)
    folder.write(gallery="<p>", mails=[("0001-c.eml", b"three")])
    assert {".storelink-demo", "index.html", "mail/0001-c.eml"} == names(folder.path)


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    """A note beside the demo's files is not the demo's to remove."""
    folder = fill(tmp_path / "out")
    (folder.path / "notes.txt").write_text("mine")
    (folder.mail / "draft.eml").write_text("mine")

    Folder(folder.path)

    assert {".storelink-demo", "notes.txt", "mail/draft.eml"} == names(folder.path)


def test_without_a_browser_the_page_is_shown(tmp_path: Path) -> None:
    """Where the PNG is, it is what to look at."""
    folder = fill(tmp_path / "out")
    assert "journey.png" == folder.picture.name

    folder = Folder(folder.path)
    folder.write_journeys("<p>", None, mails=[])
    assert "journey.html" == folder.picture.name


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    """Even if its files have the demo's names."""
    (tmp_path / "index.html").write_text("my homepage")

    with pytest.raises(ConfigError, match="was not left by the demo"):
        Folder(tmp_path)
    assert "my homepage" == (tmp_path / "index.html").read_text()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """Nobody loses anything."""
    assert tmp_path == Folder(tmp_path).path


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    """It stays as it is."""
    file = tmp_path / "out"
    file.write_text("mine")

    with pytest.raises(ConfigError, match="was not left by the demo"):
        Folder(file)
    assert "mine" == file.read_text()


@pytest.mark.parametrize("name", ["", "mail", "journey"])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    """A link could lead to a folder that is somebody else's."""
    elsewhere = fill(tmp_path / "elsewhere").path
    Folder(tmp_path / "out")
    link = tmp_path / "out" / name if name else tmp_path / "link"
    link.symlink_to(elsewhere / name if name else elsewhere)

    with pytest.raises(ConfigError, match="was not left by the demo"):
        Folder(tmp_path / "out" if name else link)
    assert (elsewhere / "mail" / "0001-a.eml").exists()
