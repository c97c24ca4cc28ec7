"""Commands that listen, run as a person runs them: connect, serve, sandbox; and check."""

from __future__ import annotations

import html
import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from storelink.models import Contact
from storelink_shopify.sandbox.server import ShopifySandbox
from storelink_woocommerce.sandbox.server import KEY, WooCommerceSandbox

PATIENCE_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(folder: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "storelink", *command],
        cwd=folder,
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "storelink", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def when_there(url: str) -> requests.Response:
    """Ask until somebody answers."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return requests.get(url, timeout=PATIENCE_SECONDS)
        except requests.ConnectionError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.05)


def first_link(page: str) -> str:
    found = re.search(r'href="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_a_shop_grants_its_credentials_to_the_local_page(tmp_path: Path) -> None:
    """OAuth, from the local page over Shopify's page and back; nothing secret is printed."""
    port = free_port()
    with ShopifySandbox(auto_grant=True) as shop:
        options = ["--shop", "acme.myshopify.com", "--client-id", "sandbox-client-id"]
        options += ["-o", f"base_url={shop.url}", "--port", str(port), "--no-browser"]
        with running(tmp_path, "connect", "shopify", "acme", *options) as process:
            assert process.stdin is not None
            process.stdin.write("sandbox-client-secret\n")
            process.stdin.flush()
            page = when_there(f"http://localhost:{port}/").text
            assert "Connected" in requests.get(first_link(page), timeout=30).text
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert 0 == process.returncode, said
        kept = json.loads((tmp_path / "secrets.json").read_text(encoding="utf-8"))["acme"]
        assert {"client_secret", "access_token", "refresh_token"} <= kept.keys()
        assert [] == [secret for secret in kept.values() if secret in said]
        assert 'client_id = "sandbox-client-id"' in said
        config = said[said.index("[stores.acme]") :]
        (tmp_path / "storelink.toml").write_text(config, encoding="utf-8")
        findings = json.loads(run(tmp_path, "check", "--json").stdout)
        faults = {one["code"] for one in findings if one["level"] == "fault"}
        assert {"no-channel"} == faults


def test_a_key_can_be_entered_by_hand(tmp_path: Path) -> None:
    """WooCommerce grants to https addresses only; a key of one's own does as well."""
    port = free_port()
    with WooCommerceSandbox() as shop:
        command = ["connect", "woocommerce", "atelier", "--url", shop.url]
        with running(tmp_path, *command, "--port", str(port), "--no-browser") as process:
            page = when_there(f"http://localhost:{port}/").text
            token = re.search(r'name="token" value="([^"]+)"', page)
            assert token
            key, secret = KEY.consumer_key, KEY.consumer_secret
            fields = {"token": token[1], "consumer_key": key, "consumer_secret": secret}
            requests.post(f"http://localhost:{port}/by-hand", data=fields, timeout=30)
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert 0 == process.returncode, said
        assert "the key may write" in said
    file = tmp_path / "secrets.json"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    kept = json.loads(file.read_text(encoding="utf-8"))["atelier"]
    assert (key, secret) == (kept["consumer_key"], kept["consumer_secret"])
    assert len(kept["webhook_secret"]) >= 32
    assert [] == [one for one in kept.values() if one in said]


def test_nothing_granted_in_time_is_an_error(tmp_path: Path) -> None:
    options = ["--shop", "acme", "--client-id", "one", "-o", "client_secret=two"]
    options += ["--port", str(free_port()), "--no-browser", "--timeout", "0.2"]
    done = run(tmp_path, "connect", "shopify", "acme", *options)
    assert 1 == done.returncode
    assert "nothing was granted in time" in done.stderr


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_person_tries_everything_with_a_sandbox(platform: str, tmp_path: Path) -> None:
    """Sandbox, configuration as printed, serve, register, an order, its event."""
    ports = free_port(), free_port()
    with running(tmp_path, "sandbox", platform, "--port", str(ports[0])) as shop:
        control = f"http://127.0.0.1:{ports[0]}/_sandbox/"
        assert when_there(control).status_code == 200
        assert shop.stdout is not None
        lines = iter(shop.stdout.readline, "Stop with Ctrl-C.\n")
        table = "".join(lines).partition("[stores.sandbox]")[2]
        text = f'webhook_url = "http://127.0.0.1:{ports[1]}/webhooks/{{store}}"\n'
        text += f"[stores.sandbox]{table}[hooks.thank_you]\n"
        (tmp_path / "storelink.toml").write_text(text, encoding="utf-8")
        with running(tmp_path, "serve", "--port", str(ports[1]), "--poll", "0.1") as server:
            assert "ok" == when_there(f"http://127.0.0.1:{ports[1]}/health").json()["status"]
            assert 0 == run(tmp_path, "webhooks", "register", "sandbox").returncode
            order_id = place(control)
            assert "order.placed" in until_known(tmp_path, order_id)
            server.send_signal(signal.SIGTERM)
            assert 0 == server.wait(timeout=PATIENCE_SECONDS)
        shop.send_signal(signal.SIGINT)
        assert 0 == shop.wait(timeout=PATIENCE_SECONDS)


def place(control: str) -> str:
    ada = Contact(email="ada@example.com", first_name="Ada").model_dump(mode="json")
    items = [{"title": "Mug", "unit_price": {"amount": "12.00", "currency": "EUR"}}]
    answer = requests.post(f"{control}place", json={"contact": ada, "items": items}, timeout=30)
    assert 200 == answer.status_code, answer.text
    return str(answer.json()["result"])


def until_known(folder: Path, order_id: str) -> set[str]:
    """Ask for the events of an order until there are some."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        done = run(folder, "events", "--json")
        found = [one for one in json.loads(done.stdout) if one.get("order_id") == order_id]
        if found:
            return {one["type"] for one in found}
    raise AssertionError("the webhook did not arrive")
