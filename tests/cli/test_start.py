"""How the command line starts: it loads what a command needs, when it is called."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from storelink.cli.lazy import Later
from storelink.cli.main import COMMANDS, cli

HEAVY = {"sqlalchemy", "alembic", "jinja2", "babel", "requests", "pydantic", "phonenumbers"}
SHOWN = """
import sys
from storelink.cli import main
sys.argv = ["storelink", {word!r}]
try:
    main()
finally:
    print(*sys.modules)
"""


@pytest.mark.parametrize("word", ["--help", "--version", "nosuchcommand"])
def test_nothing_heavy_is_loaded_to_say_what_there_is(word: str) -> None:
    code = SHOWN.format(word=word)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "click" in loaded
    assert set() == HEAVY & loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_says_what_it_does(name: str) -> None:
    promised = cli.commands[name]
    assert isinstance(promised, Later)

    command = promised.load()

    assert isinstance(command, click.Command)
    assert name == command.name
    assert command.help


def test_each_command_has_one_line_in_the_help() -> None:
    done = CliRunner().invoke(cli, ["--help"], terminal_width=80)

    lines = done.output.partition("Commands:\n")[2].splitlines()
    assert list(COMMANDS) == [line.split()[0] for line in lines]
    assert [] == [line for line in lines if not line.endswith(".") or line.endswith("...")]
    assert sorted(COMMANDS) == list(COMMANDS)


def test_a_command_of_the_list_answers_with_its_own_help() -> None:
    done = CliRunner().invoke(cli, ["outbox", "--help"])

    assert (0, True) == (done.exit_code, "settle" in done.output)
