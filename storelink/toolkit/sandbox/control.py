"""Lets people and other processes play a sandbox's store: every act is an address."""

from __future__ import annotations

import dataclasses
import html
import inspect
import json
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from werkzeug import Request, Response

from storelink.contracts.sandbox import Sandbox
from storelink.errors import StorelinkError

PREFIX = "/_sandbox/"
"""Where the control of every sandbox is; no platform has such an address."""

_NO_ACTS = frozenset({"take", "read"})


class Control:
    """Answers `POST /_sandbox/{act}` with JSON, and `GET /_sandbox/` with a page for people.

    An act is a method of the sandbox's store; the JSON object holds its arguments by name. Two
    more acts are for the sandbox itself: `faults` changes what goes wrong, `grow` makes old orders.

    Args:
        sandbox: whose store is played.
        title: what is played, for people.
    """

    def __init__(self, sandbox: Sandbox, title: str) -> None:
        self._sandbox, self._title = sandbox, title

    def answer(self, request: Request) -> Response:
        """Answer a request whose path begins with `PREFIX`."""
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and not name:
            return Response(self._page(), mimetype="text/html")
        acts = self._acts()
        if name not in acts:
            return _json({"error": "there is no such act", "acts": sorted(acts)}, status=404)
        if request.method != "POST":
            return _json({"error": "an act is done by POST"}, status=405)
        try:
            return _json({"result": _done(acts[name], request.get_data())})
        except (ValueError, TypeError, StorelinkError) as error:
            return _json({"error": _said(error)}, status=400)

    def _acts(self) -> Mapping[str, Callable[..., Any]]:
        """Return what can be done, by name."""
        store = self._sandbox.store
        names = (name for name in dir(type(store)) if not name.startswith("_"))
        acts = {name: getattr(store, name) for name in names if name not in _NO_ACTS}
        own = {"faults": self._change_faults, "grow": self._sandbox.grow}
        return {name: act for name, act in acts.items() if callable(act)} | own

    def _change_faults(self, **changes: Any) -> Mapping[str, Any]:
        """Change what goes wrong, from now on."""
        faults = self._sandbox.faults
        hints = typing.get_type_hints(type(faults))
        known = [one.name for one in dataclasses.fields(faults) if one.init]
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no fault {name!r}")
            setattr(faults, name, TypeAdapter(hints[name]).validate_python(value))
        return {name: getattr(faults, name) for name in known}

    def _page(self) -> str:
        """Return the page that says what this is."""
        options = {name: _shown(value) for name, value in self._sandbox.options.items()}
        rows = "".join(_row(name, str(value)) for name, value in options.items())
        acts = "".join(_row(name, _usage(act)) for name, act in sorted(self._acts().items()))
        example = f"curl -X POST {self._sandbox.url}{PREFIX}order_ids"
        return _PAGE.format(
            title=html.escape(self._title), options=rows, acts=acts, example=html.escape(example)
        )


def _done(act: Callable[..., Any], body: bytes) -> Any:
    """Do *act* with the arguments that *body* holds, read as its signature asks."""
    given = json.loads(body or b"{}")
    if not isinstance(given, dict):
        raise TypeError("the arguments are a JSON object, by name")
    bound, hints = inspect.signature(act), typing.get_type_hints(act)
    args: list[Any] = []
    for name, parameter in bound.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            args += given.pop(name, [])
        elif parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and name in given:
            args.append(_read(name, given.pop(name), hints))
    named = {name: _read(name, value, hints) for name, value in given.items()}
    bound.bind(*args, **named)
    return to_jsonable_python(act(*args, **named))


def _read(name: str, value: Any, hints: Mapping[str, Any]) -> Any:
    return TypeAdapter(hints[name]).validate_python(value) if name in hints else value


def _said(error: Exception) -> str:
    """Say what is wrong, without the values that were given."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)


def _usage(act: Callable[..., Any]) -> str:
    said = (inspect.getdoc(act) or "").partition("\n")[0]
    names = ", ".join(
        name if parameter.default is inspect.Parameter.empty else f"[{name}]"
        for name, parameter in inspect.signature(act).parameters.items()
    )
    return f"({names}) {said}"


def _shown(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _row(name: str, text: str) -> str:
    return f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>\n"


def _json(body: Mapping[str, Any], *, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title} sandbox</title>
<style>body {{ font: 1rem/1.5 system-ui; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
th {{ text-align: left; vertical-align: top; padding-right: 1rem; font-weight: 600 }}</style>
<h1>{title} sandbox</h1>
<p>This is no real store: it runs on this machine, and everything in it is invented.</p>
<h2>Credentials</h2><table>{options}</table>
<h2>What can happen</h2>
<p>Send the arguments as a JSON object: <code>{example}</code></p><table>{acts}</table>
</html>"""
