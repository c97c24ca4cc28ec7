"""Every code block of the documentation and every example in a docstring is a test."""

from __future__ import annotations

import os
import tempfile
from doctest import ELLIPSIS
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

HERE = Path(__file__).parent


def in_a_folder_of_its_own(namespace: dict[str, Any]) -> None:
    """Let a page write files without leaving any."""
    namespace["_before"], namespace["_folder"] = Path.cwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def back_again(namespace: dict[str, Any]) -> None:
    """Undo `in_a_folder_of_its_own`."""
    if (link := namespace.get("link")) is not None:
        link.close()
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()


pages = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=in_a_folder_of_its_own,
    teardown=back_again,
)
docstrings = Sybil(
    parsers=[DocTestParser(optionflags=ELLIPSIS)],
    patterns=["storelink/**/*.py", "adapters/**/*.py"],
    excludes=["storelink/storage/migrations/**"],
    document_types={".py": PythonDocStringDocument},
)
pytest_collect_file = (pages + docstrings).pytest()
