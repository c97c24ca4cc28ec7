"""The page about policy shows the rules as they are.

`python tests/docs/test_policy_page.py` writes its table anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from storelink.policy.rulebook import ANY, Rule, rulebook

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "policy.md"
BEGIN = "<!-- rules: written by tests/docs/test_policy_page.py -->\n"
END = "<!-- end of rules -->"


def table() -> str:
    head = "| rule | where | of what | asks | says |\n|---|---|---|---|---|\n"
    rules = "".join(map(line, rulebook().rules))
    return f"\nVersion {rulebook().version}.\n\n{head}{rules}\n"


def line(rule: Rule) -> str:
    where = " ".join(sorted(rule.countries - {ANY}) + sorted(rule.regions))
    channels = " ".join(sorted(rule.channels - {ANY})) or "any channel"
    what = f"{', '.join(sorted(rule.classes))} by {channels}"
    source = re.sub(r",? ?(https?://\S+)", r" [↗](<\1>)", rule.source)
    return f"| `{rule.id}` | {where} | {what} | {rule.effect} | {rule.says} *{source}* |\n"


def written(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def test_the_page_has_every_rule_as_the_rulebook_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, f"write it anew: python {Path(__file__).name}"
    assert all(f"| `{rule.id}` |" in page for rule in rulebook().rules)


def test_the_page_says_what_it_is_not() -> None:
    assert "engineering, not legal advice" in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
