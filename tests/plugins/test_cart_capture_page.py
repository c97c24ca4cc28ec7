"""What the companion for WordPress runs on the checkout page: nothing leaves it before the tick."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "woocommerce_cart_capture" / "storelink-cart-capture.php"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

PAGE = """
const [told, email, acts] = JSON.parse(process.argv[1]);
const known = {
  "#email": { id: "email", value: email, checkValidity() { return /.@./.test(this.value); } },
};
const heard = {}, posted = [];
globalThis.storelinkCart = { url: "/ajax", nonce: "n", ...told };
globalThis.document = {
  querySelector: (name) => known[name] || null,
  addEventListener: (type, hear) => { heard[type] = hear; },
};
globalThis.fetch = async (url, request) => {
  const { email, consent, stop } = Object.fromEntries(request.body);
  posted.push(`${email} ${consent}${stop}`);
  return { ok: true, status: 200 };
};
%s
(async () => {
for (const [what, value] of acts) {
  if (what === "type") {
    known["#email"].value = value;
    heard.focusout({ type: "focusout", target: known["#email"] });
  } else {
    const id = "contact-storelink-cart-capture-" + what;
    heard.change({ type: "change", target: { id, checked: value } });
  }
  await new Promise((resume) => setTimeout(resume, 0));
}
console.log(JSON.stringify(posted));
})();
"""
ASKS, ASKS_NOT = {"ask": True, "agreed": False}, {"ask": False, "agreed": False}
AGREED = {"ask": True, "agreed": True}
ADA, TICK, UNTICK = ["type", "ada@example.com"], ["consent", True], ["consent", False]
Act = list[Any]

TABLE: dict[str, tuple[dict[str, bool], str, list[Act], list[str]]] = {
    "typed, not ticked": (ASKS, "", [ADA], []),
    "ticked, not typed": (ASKS, "", [TICK], []),
    "typed and ticked": (ASKS, "", [ADA, TICK], ["ada@example.com 10"]),
    "ticked and typed": (ASKS, "", [TICK, ["type", "ada"], ADA], ["ada@example.com 10"]),
    "said once": (ASKS, "", [ADA, TICK, ADA, ADA], ["ada@example.com 10"]),
    "unticked again": (ASKS, "", [ADA, TICK, UNTICK], ["ada@example.com 10", " 00"]),
    "never ticked and unticked": (ASKS, "ada@example.com", [UNTICK], []),
    "agreed before": (AGREED, "", [["type", ""]], []),
    "agreed before, unticked now": (AGREED, "ada@example.com", [UNTICK], [" 00"]),
    "not asked": (ASKS_NOT, "", [["type", "ada"], ADA], ["ada@example.com 0"]),
    "agreed before, and not touched": (AGREED, "", [ADA], ["ada@example.com 0"]),
    "agreed before, and ticked anew": (
        AGREED, "ada@example.com", [UNTICK, TICK], [" 00", "ada@example.com 10"],
    ),
    "not asked, and ticked": (ASKS_NOT, "ada@example.com", [TICK], ["ada@example.com 10"]),
    "wants no reminders": (
        ASKS_NOT, "", [ADA, ["stop", True], ADA], ["ada@example.com 0", " 01"],
    ),
    "wants no reminders, and said nothing else": (ASKS_NOT, "", [["stop", True]], [" 01"]),
}  # fmt: skip


def test_what_leaves_the_page() -> None:
    text = PLUGIN.read_text()
    script = text.split("<<<'JS'\n")[1].split("\nJS;")[0]
    for name, (settings, email, acts, expected) in TABLE.items():
        command = [str(NODE), "-e", PAGE % script, json.dumps([settings, email, acts])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert (name, expected) == (name, json.loads(done.stdout))
