"""Where secrets are kept."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from storelink.config.load import load_config
from storelink.config.vault import FileVault
from storelink.errors import ConfigError

CONFIG = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "storelink.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    FileVault(tmp_path / "secrets.json", "atelier").save({"consumer_key": "ck_1"})
    assert 0o600 == stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode)
    assert {"secrets.json", "secrets.json.lock"} >= {one.name for one in tmp_path.iterdir()}


def test_stores_are_kept_apart_and_nothing_else_is_lost(tmp_path: Path) -> None:
    one, other = (FileVault(tmp_path / "secrets.json", name) for name in ("atelier", "boutique"))
    one.save({"consumer_key": "ck_1", "consumer_secret": "cs_1"})
    other.save({"access_token": "shpat_1"})
    one.save({"consumer_secret": "cs_2"})
    assert {"consumer_key": "ck_1", "consumer_secret": "cs_2"} == one.load()
    assert {"access_token": "shpat_1"} == other.load()
    assert "cs_2" not in repr(one)


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    for text in ("{half", "[]", '{"atelier": {"consumer_key": 7}}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match="connect again"):
            FileVault(path, "atelier").save({"consumer_key": "ck_1"})
        assert text == path.read_text(encoding="utf-8")


SAVE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from storelink.config.vault import FileVault
vault = FileVault(Path(sys.argv[1]), "atelier")
print("saving", flush=True)
for number in itertools.count():
    vault.save({"token": str(number), "long": "x" * 5000})
"""


def test_a_process_that_is_killed_leaves_whole_secrets_and_no_copies(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    for _ in range(5):
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as saving:
            assert saving.stdout is not None
            saving.stdout.readline()
            while not path.exists():
                pass
            saving.kill()
        assert {"token", "long"} == FileVault(path, "atelier").load().keys()
    (tmp_path / ".secrets.json.half").write_text('{"atelier": {"token": ', encoding="utf-8")
    FileVault(path, "atelier").save({"token": "last"})
    assert {"secrets.json", "secrets.json.lock"} >= {one.name for one in tmp_path.iterdir()}


SAVE = """
import sys
from pathlib import Path
from storelink.config.vault import FileVault
for number in range(20):
    FileVault(Path(sys.argv[1]), sys.argv[2]).save({f"secret_{number}": str(number)})
"""


def test_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    path, names = tmp_path / "secrets.json", ["a", "b", "c"]
    running = [subprocess.Popen([sys.executable, "-c", SAVE, str(path), name]) for name in names]
    assert [0, 0, 0] == [one.wait() for one in running]
    assert [20, 20, 20] == [len(FileVault(path, name).load()) for name in names]


def test_the_lock_lets_its_holder_load_and_save(tmp_path: Path) -> None:
    one = FileVault(tmp_path / "secrets.json", "atelier")
    with one.lock():
        one.save({**one.load(), "refresh_token": "new"})
    assert {"refresh_token": "new"} == one.load()


def test_what_is_kept_counts_as_if_it_stood_in_the_file(config: Path) -> None:
    assert load_config(config)["stores"]["atelier"].settings.consumer_key is None
    kept = FileVault(config.parent / "secrets.json", "atelier")
    kept.save({"webhook_secret": "granted", "consumer_key": "ck_1", "consumer_secret": "cs_1"})
    adapter = load_config(config)["stores"]["atelier"]
    assert "ck_1" == adapter.settings.consumer_key.get_secret_value()
    assert kept.load() == adapter.vault.load()


def test_the_environment_goes_before_what_is_kept_and_that_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(f'{CONFIG}webhook_secret = "file"\nconsumer_key = "ck_file"\n')
    kept = FileVault(config.parent / "secrets.json", "atelier")
    kept.save({"webhook_secret": "kept", "consumer_key": "ck_kept", "consumer_secret": "cs_kept"})
    monkeypatch.setenv("STORELINK_STORES__ATELIER__CONSUMER_KEY", "ck_environment")
    settings = load_config(config)["stores"]["atelier"].settings
    assert "ck_environment" == settings.consumer_key.get_secret_value()
    assert "kept" == settings.webhook_secret[0].get_secret_value()


def test_another_place_can_be_named(config: Path) -> None:
    elsewhere = config.parent / "private" / "keys.json"
    elsewhere.parent.mkdir()
    FileVault(elsewhere, "atelier").save({"webhook_secret": "granted"})
    config.write_text(f'secrets = "private/keys.json"\n{CONFIG}')
    settings = load_config(config)["stores"]["atelier"].settings
    assert "granted" == settings.webhook_secret[0].get_secret_value()


class Ring(KeyringBackend):
    """A keyring in memory, as the library's own contract has it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_the_keyring_of_the_system_can_be_used(config: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    try:
        config.write_text(f'secrets = "keyring"\n{CONFIG}webhook_secret = "in the file"\n')
        adapter = load_config(config)["stores"]["atelier"]
        adapter.vault.save({"webhook_secret": "in the ring"})
        assert {"webhook_secret": "in the ring"} == adapter.vault.load()
        settings = load_config(config)["stores"]["atelier"].settings
        assert "in the ring" == settings.webhook_secret[0].get_secret_value()
    finally:
        keyring.set_keyring(before)
    assert not (config.parent / "secrets.json").exists()


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.json", tmp_path / "secrets.json"
    kept.write_text("{}", encoding="utf-8")
    link.symlink_to(kept)
    FileVault(link, "atelier").save({"consumer_key": "ck_1"})
    assert link.is_symlink()
    assert {"consumer_key": "ck_1"} == FileVault(kept, "atelier").load()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written") as error:
        FileVault(tmp_path / "file" / "secrets.json", "atelier").save({"consumer_key": "ck_1"})
    assert "ck_1" not in str(error.value)
