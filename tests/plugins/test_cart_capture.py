"""The companion for WordPress: what it sends is what storelink takes."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storelink.contracts.cart import Cart
from storelink.intake import carts

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "woocommerce_cart_capture" / "storelink-cart-capture.php"
RECORDED = ROOT / "tests" / "data" / "woocommerce" / "cart_capture.json"
SECRET = "s3cret"
NOW = 1_793_700_000

PHP = shutil.which("php")
needs_php = pytest.mark.skipif(PHP is None, reason="php is not installed (apt install php-cli)")

STUBS = """
define( 'ABSPATH', __DIR__ );
function add_action() {}
function add_filter() {}
function register_uninstall_hook() {}
function register_deactivation_hook() {}
require %(plugin)s;
$body = json_encode( storelink_cart_document( json_decode( %(cart)s, true ) ) );
$headers = storelink_cart_headers( %(secret)s, %(now)d, $body );
echo json_encode( array( 'headers' => $headers, 'body' => $body ) );
"""

CART: dict[str, Any] = {
    "id": "wc-6f1c0b5c2d7e4f14a6a0c3f2b9d8e7a1",
    "url": "https://atelier.example/cart/?storelink_cart=wc-6f1c0b5c2d7e4f14a6a0c3f2b9d8e7a1",
    "currency": "EUR",
    "lines": [
        {"product": 77, "variant": 78, "title": "Mug", "variant_title": "Red", "quantity": 2,
         "price": 12.1, "image": "https://atelier.example/mug.jpg"},
        {"product": 80, "variant": 0, "title": "Grüner Tee", "variant_title": "", "quantity": 1,
         "price": "5.5", "image": ""},
    ],
    "total": 29.7,
    "customer_id": 0,
    "contact": {"email": "ada@example.com", "first_name": "Ada", "last_name": "",
                "locale": "de_DE"},
    "consent": {"marketing": True, "wording": "Remind me by e-mail.", "at": NOW - 90.5},
    "created_at": NOW - 600,
    "updated_at": NOW - 60.25,
}  # fmt: skip


def request_of(cart: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Return the request that the plugin makes of *cart*."""
    values = {"plugin": repr(str(PLUGIN)), "secret": repr(SECRET), "now": NOW}
    source = tmp_path / "run.php"
    source.write_text("<?php" + STUBS % {**values, "cart": repr(json.dumps(cart))})
    command = [str(PHP), "-d", "serialize_precision=-1", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@needs_php
def test_its_request_is_the_recorded_one(tmp_path: Path) -> None:
    assert json.loads(RECORDED.read_text()) == request_of(CART, tmp_path)


@needs_php
def test_php_reads_it_without_a_complaint() -> None:
    done = subprocess.run([str(PHP), "-l", str(PLUGIN)], capture_output=True, text=True, check=True)
    assert "No syntax errors" in done.stdout


@needs_php
def test_a_cart_that_is_taken_back_names_nobody(tmp_path: Path) -> None:
    body = json.loads(request_of({**CART, "deleted": True}, tmp_path)["body"])
    assert {"format", "id", "created_at", "updated_at", "deleted"} == body.keys()
    assert Cart.model_validate(body).deleted


@needs_php
def test_a_cart_that_became_an_order_says_which(tmp_path: Path) -> None:
    bought = {**CART, "completed_at": NOW, "order_id": 1042}
    body = json.loads(request_of(bought, tmp_path)["body"])
    assert ("1042", datetime.fromtimestamp(NOW, UTC)) == (
        Cart.model_validate(body).order_id,
        Cart.model_validate(body).completed_at,
    )


def test_the_recorded_request_is_taken_and_says_what_is_in_the_cart() -> None:
    told = json.loads(RECORDED.read_text())
    now, body = datetime.fromtimestamp(NOW + 20, UTC), told["body"].encode()
    delivery = carts.verify(told["headers"], body, secrets=[SECRET], now=now)
    (record,) = carts.normalize(delivery.body, datetime.now(UTC)).records
    assert CART["id"] == record.id
    assert ["Mug", "Grüner Tee"] == [one.title for one in record.fields["lines"]]
    assert ["24.2000", "5.5000"] == [str(one.total.amount) for one in record.fields["lines"]]
    assert ("ada@example.com", "de-DE") == (
        record.fields["contact"].email,
        record.fields["contact"].locale,
    )
    assert record.fields["accepts_marketing"] is True
