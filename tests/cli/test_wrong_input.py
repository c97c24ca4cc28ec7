"""What somebody types wrongly, or in the wrong place: one line, an exit code, no traceback."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner

from storelink import Storelink, plugins
from storelink.cli.main import cli
from storelink.cli.shared import explained
from storelink.contracts.store import Page
from storelink.errors import (
    ConfigError,
    MissingExtra,
    StorageUnavailable,
    StoreUnavailable,
    UnknownStore,
)
from storelink.intake.backfill import _patiently
from storelink.models import Contact
from storelink.storage import Database


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "99999"],
        ["sandbox", "shopify", "--port", "-1"],
        ["sandbox", "shopify", "--drop", "7"],
        ["sandbox", "shopify", "--orders", "-5"],
        ["sandbox", "woocommerce", "--slow", "-1"],
        ["connect", "woocommerce", "atelier", "--port", "70000"],
    ],
)
def test_numbers_out_of_range(words: list[str]) -> None:
    done = CliRunner().invoke(cli, words)

    assert (2, True) == (done.exit_code, "Invalid value for" in done.output)


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="the database cannot be used now"):
        Database(f"sqlite:///{tmp_path}/no/such/folder/storelink.db")


def test_a_file_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    @explained
    def command() -> None:
        raise PermissionError(13, "Permission denied", "secrets.json")

    with pytest.raises(SystemExit) as exited:
        command()

    assert (1, "error: secrets.json: Permission denied\n") == (
        exited.value.code,
        capsys.readouterr().err,
    )


def test_an_error_that_names_no_file_is_a_defect() -> None:
    @explained
    def command() -> None:
        raise OSError("what is this?")

    with pytest.raises(OSError, match="what is this"):
        command()


@pytest.mark.parametrize(("module", "library"), [("werkzeug", "Werkzeug"), ("graphql", "graphql")])
def test_a_sandbox_without_its_libraries(
    module: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sandbox(**_: object) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    manifest = plugins.store("shopify")
    changed = dataclasses.replace(manifest, sandbox=sandbox)
    monkeypatch.setattr(plugins, "store", lambda name: changed)

    done = CliRunner().invoke(cli, ["sandbox", "shopify", "--port", "0"])

    assert isinstance(done.exception, MissingExtra)
    assert library in str(done.exception)
    assert 'pip install "storelink[sandbox]"' in str(done.exception)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_sandbox_refuses_an_order_without_items(platform: str) -> None:
    made = plugins.store(platform).sandbox
    assert made is not None
    with made() as sandbox, pytest.raises(ValueError, match="an order has items"):
        sandbox.store.place(Contact(email="ada@example.com"), [])


def test_an_invalid_option_is_told_without_the_library_s_words() -> None:
    with pytest.raises(ConfigError) as told:
        plugins.store("woocommerce").factory(url="https://atelier.example", consumer_key="ck_1")

    assert "WooCommerce: a consumer_key and its consumer_secret go together" == str(told.value)


def test_a_backfill_says_that_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    def ask(cursor: str | None) -> Page:
        raise StoreUnavailable("no connection")

    with pytest.raises(StoreUnavailable):
        _patiently(ask, lambda seconds: None, None)

    assert "no connection; asking again in 2 seconds" == caplog.messages[0]


def test_an_unknown_store_is_told_before_anything_else() -> None:
    with Storelink("sqlite://", stores={}) as link, pytest.raises(UnknownStore):
        next(iter(link.check(["nope"])))


def test_the_remedy_can_be_typed_as_it_stands() -> None:
    made = plugins.store("woocommerce")
    assert made.sandbox is not None
    with made.sandbox() as sandbox:
        stores = {"atelier": made.factory(**sandbox.options)}
        url = "https://hooks.invalid/webhooks/{store}"
        with Storelink("sqlite://", stores=stores, webhook_url=url) as link:
            found = [one.finding for one in link.check(["atelier"])]

    remedies = [one.remedy for one in found if one.code == "webhooks-missing"]
    assert ["run `storelink webhooks repair atelier`"] == remedies


def test_an_operators_page_needs_the_site(tmp_path: Path) -> None:
    config = tmp_path / "storelink.toml"
    config.write_text(
        f"""
database = "sqlite:///{tmp_path}/link.db"
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "only for tests"
"""
    )
    words = ["--config", str(config), "serve", "--port", "1", "--operator-password", "a long one"]

    done = CliRunner().invoke(cli, words)

    assert 2 == done.exit_code, done.output
    assert "Error: --operator-password shows a page: set site_url, too" in done.output
