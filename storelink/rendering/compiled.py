"""Compiled templates, kept once in a process: to compile one takes longer than to use it often."""

from __future__ import annotations

import threading
from collections import OrderedDict
from types import CodeType
from typing import Final

from jinja2.bccache import Bucket, BytecodeCache

KEPT: Final = 512
"""How many compiled templates are kept; storelink's own are a few dozen."""


class Compiled(BytecodeCache):
    """Keeps the newest compiled templates of every sandbox; code knows nothing of its sandbox.

    A template is found by its name, its file and its source: one that was changed is another one.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], CodeType] = OrderedDict()
        self._lock = threading.Lock()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give *bucket* its code, if it was compiled before."""
        with self._lock:
            bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of *bucket*."""
        if bucket.code is None:
            return
        with self._lock:
            self._kept[bucket.key, bucket.checksum] = bucket.code
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


COMPILED: Final = Compiled()
"""What this process has compiled."""
