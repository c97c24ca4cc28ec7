"""The example of an adapter of one's own: installed from a wheel of its own, held to the suite.

And the suite itself: each defect that is put into the adapter makes the check fail that is there
for it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "third_party_adapter"


def run(*command: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where the distribution in *path* is installed."""
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution, built and installed into a folder of its own."""
    source, wheels, target = (tmp_path_factory.mktemp(name) for name in ("src", "whl", "site"))
    shutil.copytree(EXAMPLE, source, dirs_exist_ok=True)
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(source)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    wheel = next(wheels.glob("storelink_kiosk-*.whl"))
    subprocess.run([sys.executable, *install, str(target), str(wheel)], check=True)
    return target


def test_storelink_finds_it_by_its_entry_point(installed: Path) -> None:
    done = run("-m", "storelink", "plugins", "--json", path=installed)
    kiosk = next(one for one in json.loads(done.stdout) if one["name"] == "kiosk")
    assert ("stores", "storelink-kiosk 1.0.0", None) == (
        kiosk["kind"],
        kiosk["from"],
        kiosk["error"],
    )


def test_it_passes_the_suite(installed: Path) -> None:
    """Skipped are the checks of coupons, reviews and returns, which it does not declare."""
    tests = str(EXAMPLE / "tests")
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", tests, path=installed)
    assert 0 == done.returncode, done.stdout[-3000:]
    assert "19 skipped" in done.stdout.splitlines()[-1]


DEFECTS = {
    "signatures are not looked at": (
        "adapter.py",
        'if not is_signed(body, known.get("x-kiosk-signature", ""), [secret]):',
        "if not known:",
        "test_nothing_unsigned_is_accepted",
    ),
    "header names are read in one case only": (
        "adapter.py",
        "{name.lower(): value for name, value in headers.items()}",
        "{name: value for name, value in headers.items()}",
        "test_genuine_webhooks_are_accepted",
    ),
    "the key does not tell deliveries apart": (
        "adapter.py",
        "Delivery(key=key,",
        "Delivery(key=topic,",
        "test_the_key_is_the_same_for_a_repeat_and_no_other",
    ),
    "a damaged payload raises whatever it raises": (
        "normalize.py",
        'reader.integer("quantity") or 0\n    return LineItem',
        'int(reader.data["quantity"])\n    return LineItem',
        "test_a_damaged_payload_is_an_error_that_names_it_or_understood",
    ),
    "the repr shows the token": (
        "adapter.py",
        'return f"Kiosk({self.settings.url!r})"',
        'return f"Kiosk({self.settings.token.get_secret_value()!r})"',
        "test_no_secret_is_shown",
    ),
    "parcels are forgotten in the list of children": (
        "normalize.py",
        '"shipments": tuple(one.id for one in parcels),',
        '"shipments": (),',
        "test_a_read_tells_all_parts_and_names_them_in_their_lists",
    ),
    "a missing order is an empty one": (
        "adapter.py",
        'raise NotFound("Kiosk has no such object (any more)")',
        'raise StoreUnavailable("404")',
        "test_what_does_not_exist_is_not_found",
    ),
    "only the first page is listed": (
        "adapter.py",
        'cursor=answer["next"],',
        "cursor=None,",
        "test_every_order_is_listed",
    ),
    "the cursor is forgotten by another process": (
        "adapter.py",
        '"after": cursor,',
        '"after": cursor if (seen := vars(self).setdefault("_seen", [])) else seen.append(1),',
        "test_a_list_goes_on_in_another_process",
    ),
    "since is not regarded": (
        "adapter.py",
        '"changed_from": _text(since)',
        '"changed_from": None',
        "test_only_what_changed_since_is_listed",
    ),
    "pages are cut by number": (
        "sandbox.py",
        "key=_place)\n        page,",
        "key=_place)[:-1]\n        page,",
        "test_nothing_is_left_out_when_the_list_changes_meanwhile",
    ),
    "the end of a span is included": (
        "adapter.py",
        '"created_to": _text(end)}',
        '"created_to": _text(end) and "~"}',
        "test_orders_are_counted_and_named_by_their_creation",
    ),
    "what may be repeated is not": (
        "adapter.py",
        "self._wire.retrying()(self._once, method, path, **options)",
        "self._once(method, path, **options)",
        "test_what_fails_now_and_then_is_not_noticed",
    ),
    "an answer that broke off escapes": (
        "adapter.py",
        "except requests.RequestException as error:",
        "except requests.ConnectTimeout as error:",
        "test_what_always_fails_is_told_as_out_of_reach",
    ),
    "a refused token is told as an outage": (
        "adapter.py",
        'raise AccessDenied("Kiosk refuses the token; make a new one")',
        'raise StoreUnavailable("401")',
        "test_wrong_credentials_are_told_as_such",
    ),
    "the doctor says nothing": (
        "adapter.py",
        'yield Finding.fault("store", "store-not-found", str(error), "correct the url")',
        "return",
        "test_a_store_that_is_not_there_is_a_finding_with_a_remedy",
    ),
    "what is subscribed is never taken back": (
        "adapter.py",
        'self._ask("DELETE", f"/hooks/{subscription_id}")',
        "return None",
        "test_what_is_subscribed_is_listed_until_it_is_not",
    ),
    "a capability is done that is not declared": (
        "adapter.py",
        "Capability.LIST, Capability.SUBSCRIBE}",
        "Capability.SUBSCRIBE}",
        "test_what_is_not_declared_is_refused",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_in_the_adapter_fails_the_check_for_it(defect: str, tmp_path: Path) -> None:
    file, right, wrong, check = DEFECTS[defect]
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    module = tmp_path / "storelink_kiosk" / file
    text = module.read_text(encoding="utf-8")
    assert 1 == text.count(right)
    module.write_text(text.replace(right, wrong), encoding="utf-8")
    done = run("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", check, path=tmp_path)
    assert 1 == done.returncode, done.stdout[-3000:]
    assert f"FAILED tests/test_conformance.py::TestKiosk::{check}" in done.stdout
