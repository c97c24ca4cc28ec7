"""A mail that nobody can read stops no reading of bounces."""

from __future__ import annotations

from pathlib import Path

import pytest

from storelink_email.bouncebox import read

NESTED = b"Content-Type: message/rfc822\n\n" * 1500


def multiparts(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (one, one)
        for one in range(depth)
    )
    return b"From: a@b.example\n" + head + b"Content-Type: text/plain\n\nx\n"


@pytest.mark.parametrize("bad", [NESTED, multiparts(600)], ids=["mails", "multiparts"])
def test_a_mail_without_end_is_taken_out_and_those_behind_it_are_read(
    tmp_path: Path, bad: bytes
) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.bad").write_bytes(bad)
    (tmp_path / "new" / "2.good").write_bytes(b"From: a@b.example\n\nGone.\n")
    seen: list[bytes] = []
    read(tmp_path, seen.append)
    assert any(b"Gone." in one for one in seen)
    seen.clear()
    read(tmp_path, seen.append)
    assert [] == seen
