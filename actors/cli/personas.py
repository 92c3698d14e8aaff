"""`penstock personas`: who may be bound to the roles of runs, and whom somebody has consented to."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import listing
from actors.cli.text import date_time, emit, print_json, visible

__all__ = ["personas"]

_COLUMNS = (
    ("persona", "PERSONA"), ("source", "FROM"), ("version", "VERSION"), ("backend", "BACKEND"), ("model", "MODEL"), ("consent", "CONSENT"),
    ("problem", "PROBLEM"),
)  # fmt: skip
_FACTS = ("source", "version", "backend", "model", "sha256", "consent", "consented_by", "consented_at_ms", "problem")
_name = click.argument("persona", metavar="PERSONA")
_workflow = click.option("--workflow", "workflow_id", metavar="W", help="Look also at the personas that this workflow brings along.")


@click.group()
def personas() -> None:
    """See the personas that runs can be bound to, and consent to them."""


@personas.command("ls")
@_workflow
@options.as_json
@click.pass_context
def list_(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """List the personas, and what keeps a run from being bound to one."""
    return listing(context, "persona.list", asked, _COLUMNS, empty="No personas.", as_json=as_json)


@personas.command()
@_name
@_workflow
@options.as_json
@click.pass_context
def show(context: click.Context, persona: str, workflow_id: str | None, *, as_json: bool) -> int:
    """Show one persona with its instructions. PERSONA is a name, or the digest of its content."""
    params = {"persona": persona} if workflow_id is None else {"persona": persona, "workflow_id": workflow_id}
    with link_of(context).reader() as reader:
        answer = reader.call("persona.get", params)
    if as_json:
        print_json(answer)
        return exits.OK
    found = answer["persona"]
    emit(visible(found["persona"]))
    for key in (key for key in _FACTS if key in found):
        text = date_time(found[key]) if key.endswith("_ms") else found[key]
        emit(visible(f"  {key.removesuffix('_ms').replace('_', ' ')}: {text}"))
    for one in found["may_use"]:
        emit(visible(f"  {one['tool']}: {one['may']}, by {one['by']}"))
    for key, value in found["definition"].items():
        if key not in _FACTS and key not in ("system", "tools", "policy", "fallback"):
            emit(visible(f"  {key.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}"))
    for one in found.get("fallback", ()):
        away = f" (would be passed over: {one['problem']})" if "problem" in one else ""
        emit(visible(f"  fallback: {one['backend']} {one['model']}{away}"))
    for line in str(found["definition"].get("system", "")).splitlines():
        emit(visible(f"  | {line}"))
    return exits.OK


def _deciding(name: str, text: str) -> None:
    @personas.command(name, help=text)
    @_name
    @_workflow
    @options.request_id
    @options.as_json
    @click.pass_context
    def command(context: click.Context, /, *, as_json: bool, **given: Any) -> int:
        return change(link_of(context), f"persona.{name}", given, as_json=as_json)


_deciding("consent", "Consent to a persona exactly as it is now: runs may be bound to it.")
_deciding("withdraw", "Withdraw a consent. Runs that are bound to the persona go on with it.")
