"""The shape of the code: sizes, what is public, what an import loads, what a wheel holds."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import storelink
from storelink import plugins

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("storelink", "adapters")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_are_short(path: Path) -> None:
    """A module over 400 lines or a function over 40 (without its docstring) wants splitting."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    long = [
        (function.name, size)
        for function in functions(ast.parse(text))
        if (size := code_lines(function)) > 40
    ]
    assert [] == long


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def code_lines(function: ast.FunctionDef) -> int:
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_public_names_are_those() -> None:
    expected = [
        "Brand",
        "Message",
        "Money",
        "Order",
        "Receipt",
        "Returns",
        "RunReport",
        "Storelink",
    ]
    assert expected == storelink.__all__
    assert all(getattr(storelink, name) is not None for name in expected)


RARE = ["shopify", "woocommerce", "graphql", "werkzeug", "keyring", "rich", "pytest", "click"]
RARE += ["dns", "dkim", "nacl", "cryptography"]
HEAVY = [*RARE, "sqlalchemy", "alembic", "jinja2", "babel", "phonenumbers", "smtplib", "requests"]


def loaded_with(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("module", ["storelink", "storelink.models", "storelink.events"])
def test_importing_a_part_does_not_load_the_rest(module: str) -> None:
    """No database, template or web library comes with the values."""
    assert set() == loaded_with(module) & set(HEAVY)


@pytest.mark.parametrize(
    "module", ["storelink.app", "storelink_shopify", "storelink_woocommerce", "storelink_email"]
)
def test_what_is_needed_now_and_then_is_loaded_then(module: str) -> None:
    """The platforms' own libraries, the sandboxes' and the web's."""
    assert set() == loaded_with(module) & set(RARE)


def test_every_plugin_in_the_tree_loads() -> None:
    stores, channels = plugins.plugins(plugins.STORES), plugins.plugins(plugins.CHANNELS)
    assert {"shopify", "woocommerce"} <= set(stores)
    assert "email" in channels
    assert [] == [one.error for one in (*stores.values(), *channels.values()) if one.error]


def test_the_wheel_holds_the_packages_and_nothing_else(tmp_path: Path) -> None:
    """Nothing named plain `adapters`, no tests; the data and the type marker are there."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert {"storelink", "storelink_shopify", "storelink_woocommerce", "storelink_email"} == tops
    for needed in (
        "storelink/py.typed",
        "storelink/storage/migrations/env.py",
        "storelink/rendering/templates/layout.html",
        "storelink/rendering/pages/templates/style.css",
        "storelink/locales/fa/LC_MESSAGES/pages.po",
        "storelink/testing/recorded/journeys.json",
        "storelink_shopify/py.typed",
        "storelink_shopify/documents/orders_by_ids.graphql",
        "storelink_shopify/schema/admin-2026-10.graphql",
    ):
        assert needed in names


def test_no_line_names_a_registry_or_a_machine() -> None:
    """What is committed stands on any machine."""
    for path in (ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / ".ci" / "run"):
        text = path.read_text(encoding="utf-8")
        assert "index-url" not in text
        assert str(ROOT) not in text
