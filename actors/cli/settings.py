"""`penstock config`: every setting in force and where its value came from."""

from __future__ import annotations

import os
from typing import Any

import attrs
import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import emit, print_json, table, visible

__all__ = ["config"]


@click.command()
@click.option("--explain", is_flag=True, help="Say what each setting means and what is allowed.")
@options.as_json
@click.pass_context
def config(context: click.Context, *, explain: bool, as_json: bool) -> int:
    """Print the settings in force and where each came from."""
    from actors.config import load

    places = link_of(context).places
    found = load(os.environ, places.config_file)
    rows: list[dict[str, Any]] = [attrs.asdict(entry) for entry in found.entries()]
    backends = list(map(_backend, found.backends))
    servers = list(map(_server, found.mcp))
    secrets = [{"secret": one.name, "source": one.shown} for one in found.secrets]
    identities = [{"identity": one.name, "variables": tuple(sorted(one.env)), "path": one.path} for one in found.identities]
    if as_json:
        print_json(
            {
                "settings": rows,
                "backends": backends,
                "mcp": servers,
                "secrets": secrets,
                "identities": identities,
                "places": {name: str(path) for name, path in attrs.asdict(places).items()},
            }
        )
        return exits.OK
    for name, path in attrs.asdict(places).items():
        emit(f"# {name}: {visible(path)}{'' if path.exists() else '   (does not exist)'}")
    columns = (
        ("key", "SETTING"),
        ("value", "VALUE"),
        ("origin", "FROM"),
        *((("allowed", "ALLOWED"), ("says", "MEANING")) if explain else ()),
    )
    shown = [{**row, "value": _words(row["value"])} for row in rows]
    table(shown, columns, empty="No settings.")
    emit("")
    columns = (("name", "BACKEND"), ("kind", "KIND"), ("base_url", "ADDRESS"), ("key", "KEY"))
    table([{**one, "base_url": _place(one), "key": _key(one)} for one in backends], columns, empty="No backends.")
    if servers:
        emit("")
        columns = (("name", "MCP SERVER"), ("place", "PLACE"), ("tools", "TOOLS"), ("secrets", "SECRETS FROM"))
        table([{**one, "tools": _words(tuple(one["tools"])) if one["tools"] is not None else "all"} for one in servers], columns, empty="")
    if secrets:
        emit("")
        table(secrets, (("secret", "SECRET"), ("source", "SOURCE")), empty="No secrets.")
    if identities:
        emit("")
        columns = (("identity", "IDENTITY"), ("variables", "VARIABLES"), ("path", "PATH"))
        table([{key: _words(said) for key, said in one.items()} for one in identities], columns, empty="")
    return exits.OK


def _words(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {' '.join(said) if isinstance(said, list) else said}" for name, said in value.items()) or "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else value


def _place(backend: dict[str, Any]) -> str:
    return str(backend["base_url"]) if backend["cli"] is None else " ".join(backend["cli"]["command"])


def _key(backend: dict[str, Any]) -> str:
    if backend["cli"] is not None:
        return ", ".join(backend["cli"]["env"]) or "none"
    return str(backend["key_env"] or backend["key_file"] or "none")


def _backend(backend: Any) -> dict[str, Any]:
    """Where a key lies, never the key; of headers the names alone, since they may be secret."""
    return {**attrs.asdict(backend), "headers": sorted(backend.headers)}


def _server(server: Any) -> dict[str, Any]:
    """Of what may be secret (words of a command, a query, headers) only where it lies."""
    shown = attrs.asdict(server, filter=attrs.filters.exclude("command", "url", "headers"))
    secrets = [*server.env, *([server.token_env] if server.token_env else []), *([server.token_file] if server.token_file else [])]
    return {**shown, "place": server.place, "headers": sorted(server.headers), "secrets": ", ".join(secrets) or "none"}
