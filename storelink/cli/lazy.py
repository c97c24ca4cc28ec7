"""Commands that are known by name and by one line, and imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping

import click


class Later(click.Command):
    """Stands for a command whose module is not imported yet.

    Args:
        module: where the command is, under its own name.
        line: what it does, for the list of commands.
    """

    def __init__(self, name: str, *, module: str, line: str) -> None:
        super().__init__(name, short_help=line)
        self.module = module

    def load(self) -> click.Command:
        """Import the command."""
        from storelink.plugins import load_object

        name = str(self.name).replace("-", "_")
        command: click.Command = load_object(f"{self.module}:{name}")
        return command


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and none in order to list them."""

    def promise(self, package: str, table: Mapping[str, tuple[str, str]]) -> None:
        """Add commands: by name, the module in *package* and a line about it."""
        for name, (module, line) in table.items():
            self.add_command(Later(name, module=f"{package}.{module}", line=line))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, Later) else command, rest
