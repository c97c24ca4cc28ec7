"""Where the stores' secrets are kept: a file that only its owner can read, or the system's keyring.

`storelink connect` writes there, and so do adapters whose tokens change by themselves.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from storelink.contracts.connect import Vault
from storelink.errors import ConfigError, MissingExtra

KEYRING = "keyring"
"""The setting `secrets` that means the keyring of the system."""

_PATIENCE_SECONDS = 30.0


def vault(where: str, folder: Path, store: str) -> Vault:
    """Return the vault of one store.

    Args:
        where: the setting `secrets`: `"keyring"`, or the path of a file.
        folder: where a relative path starts.
        store: the store's name.

    Raises:
        MissingExtra: the keyring's library is not installed.
    """
    return KeyringVault(store, folder) if where == KEYRING else FileVault(folder / where, store)


@contextmanager
def _held(lock: FileLock) -> Iterator[None]:
    """Hold *lock*, or say why it cannot be had."""
    try:
        lock.acquire()
    except Timeout:
        raise ConfigError(f"{lock.lock_file} is held by another process; end that one") from None
    except OSError as error:
        raise ConfigError(f"{lock.lock_file} cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()


class FileVault:
    """Secrets in a JSON file, readable by its owner only; replaced as a whole, never half-written.

    >>> from pathlib import Path; from tempfile import mkdtemp
    >>> one = FileVault(Path(mkdtemp()) / "secrets.json", "atelier")
    >>> one.save({"consumer_key": "ck_1"}); one.save({"consumer_secret": "cs_1"})
    >>> sorted(one.load())
    ['consumer_key', 'consumer_secret']
    """

    def __init__(self, path: Path, store: str) -> None:
        # A link stays one: what it leads to is replaced.
        self._path, self._store = path.resolve(), store
        self._lock = FileLock(f"{self._path}.lock", timeout=_PATIENCE_SECONDS, mode=0o600)

    def __repr__(self) -> str:
        return f"FileVault({str(self._path)!r}, {self._store!r})"

    def load(self) -> Mapping[str, str]:
        """Return what is kept for the store."""
        return dict(self._all().get(self._store, {}))

    def save(self, secrets: Mapping[str, str]) -> None:
        """Keep *secrets* beside what is kept already; durable when it returns."""
        with self.lock():
            everything = self._all()
            everything[self._store] = {**everything.get(self._store, {}), **secrets}
            try:
                _replace(self._path, json.dumps(everything, indent=2) + "\n")
            except OSError as error:
                raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let nobody else load or save meanwhile; the holder may."""
        with _held(self._lock):
            yield

    def _all(self) -> dict[str, dict[str, str]]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            found = json.loads(text)
        except ValueError:
            raise ConfigError(f"{self._path} is not JSON; restore it, or connect again") from None
        if not isinstance(found, dict) or not all(map(_is_table, found.values())):
            raise ConfigError(f"{self._path} is not what storelink wrote; connect again")
        return found


class KeyringVault:
    """Secrets in the system's keyring, as one entry for each store."""

    def __init__(self, store: str, folder: Path) -> None:
        self._store = store
        self._service = f"storelink {folder.resolve()}"
        self._lock = FileLock(folder / ".storelink-secrets.lock", timeout=_PATIENCE_SECONDS)

    def __repr__(self) -> str:
        return f"KeyringVault({self._store!r})"

    def load(self) -> Mapping[str, str]:
        """Return what is kept for the store."""
        text = _keyring().get_password(self._service, self._store)
        found: dict[str, str] = json.loads(text) if text else {}
        return found

    def save(self, secrets: Mapping[str, str]) -> None:
        """Keep *secrets* beside what is kept already."""
        with self.lock():
            everything = {**self.load(), **secrets}
            _keyring().set_password(self._service, self._store, json.dumps(everything))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let nobody else load or save meanwhile; the holder may."""
        with _held(self._lock):
            yield


def _keyring() -> Any:
    try:
        import keyring
    except ImportError:
        raise MissingExtra("keyring", "keyring") from None
    return keyring


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _replace(path: Path, text: str) -> None:
    """Write a file that is either the old one or the new one, whenever the power fails.

    What a killed process left half-written is removed: whoever saves has the lock.
    """
    for left_over in path.parent.glob(f".{path.name}.*"):
        left_over.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # mkstemp: for the owner only
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
