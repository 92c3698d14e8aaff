"""`penstock run`: start a run, watch it, answer its gates, end with its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import Carrier, Link, link_of
from actors.control.client import CallRefused

__all__ = ["run"]

_NOT_A_USERS_MISTAKE = {exits.NOT_FOUND, exits.PERMISSION, exits.NO_DAEMON, exits.INTERNAL}


@click.command()
@click.argument("target", metavar="FILE|ID")
@click.option("-i", "--input", "inputs", metavar="KEY=VALUE", multiple=True, help="One input of the workflow; repeat for more.")
@click.option("--detach", is_flag=True, help="Hand the run to the daemon that listens, print its id and return.")
@click.option("--yes", is_flag=True, help="Approve each gate as it opens, also of runs below; the use of a tool never.")
@click.option("--wait", is_flag=True, help="Without a terminal: stay while a gate is open or the run waits, instead of ending with 5.")
@click.option("--dry-run", is_flag=True, help="Check and render everything, print the plan, and do nothing.")
@click.option("--profile", type=click.Choice(["strict", "guided", "yolo"]), help="How much the run may do unasked.")
@click.option("--persona", "personas", metavar="ROLE=NAME", multiple=True, help="Who is to have a role; repeat for more.")
@click.option("--as", "as_identity", metavar="NAME", help="The identity of nodes that name none, also of runs below.")
@click.option("--plugin-dir", "plugin_dirs", metavar="DIR", multiple=True, help="One more folder with agents and plugins; repeat for more.")
@click.option("--model", metavar="NAME", help="The model of agents in files that name none.")
@click.option("--priority", type=int, metavar="N", help="Higher goes first when runs queue.")
@options.request_id
@options.as_json
@click.pass_context
def run(context: click.Context, /, target: str, **given: Any) -> int:
    """Run a workflow file, one of the project by its name, or a stored workflow by its id.

    Talks to the daemon when one listens on the socket; else carries one for as long as the run lasts. Exit code: 0 completed, 1 failed,
    3 blocked, 4 cancelled, 5 paused, waiting or awaiting approval.

    \b
    Examples:
      penstock run hello.yaml -i name=you
      penstock run hello.yaml --yes --json   # unattended
      penstock run hello --detach            # stored, on a daemon
      penstock run hello.yaml --dry-run      # what would it do?
    """
    from actors.cli.ids import new_request_id
    from actors.cli.source import inputs_of, roles_of, start_params

    params = {**start_params(target), "cwd": str(Path.cwd()), "inputs": inputs_of(given["inputs"])}
    params["request_id"] = given["request_id"] or new_request_id()
    params |= {name: given[name] for name in ("profile", "priority", "as_identity", "model") if given[name] is not None}
    if given["personas"]:
        params["personas"] = roles_of(given["personas"])
    if given["plugin_dirs"]:
        params["plugin_dirs"] = list(given["plugin_dirs"])
    link = link_of(context)
    if given["dry_run"]:
        from actors.cli.rehearsal import rehearse

        return rehearse(link, lambda call: _start(call, {**params, "dry_run": True}), as_json=given["as_json"])
    return _detached(link, params, as_json=given["as_json"]) if given["detach"] else _attended(link, params, given)


def _detached(link: Link, params: dict[str, Any], *, as_json: bool) -> int:
    from actors.cli.text import emit, print_json, visible

    with link.client() as client:
        started = _start(client.call, params)
    _print_warnings(started)
    if as_json:
        print_json(started)
    else:
        emit(visible(started["run_id"]))
    return exits.OK


def _attended(link: Link, params: dict[str, Any], given: dict[str, Any]) -> int:
    from actors.cli.attend import Begun, Manner, attend

    manner = Manner.of_terminal(yes=given["yes"], wait=given["wait"], as_json=given["as_json"])

    def begin(carrier: Carrier) -> Begun:
        with carrier.client() as client:
            started = _start(client.call, params)
        _print_warnings(started)
        return Begun(str(started["run_id"]))

    return attend(link, begin, manner)


def _start(call: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Ask for the run. What the runtime says of a definition or an input is the user's mistake: usage, not a failed run."""
    from actors.cli.project import store_below

    try:
        store_below(call, params)
        started: dict[str, Any] = call("run.start", params)
    except CallRefused as refused:
        _print_problems(refused.data.get("problems"))
        exit_code = exits.exit_of(refused)
        raise exits.Told(refused.code, refused.message, exit_code if exit_code in _NOT_A_USERS_MISTAKE else exits.USAGE) from None
    return started


def _print_warnings(started: dict[str, Any]) -> None:
    from actors.cli.text import visible

    for warning in started.get("warnings", ()):
        click.echo(f"warning: {visible(warning)}", err=True)


def _print_problems(problems: Any) -> None:
    from actors.cli.check import print_problem

    for problem in problems if isinstance(problems, list) else ():
        if isinstance(problem, dict) and "line" in problem:
            print_problem(problem)
