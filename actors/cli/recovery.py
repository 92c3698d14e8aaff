"""The commands for runs that did not end well: recover, requeue, continue, repair, fork, finish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change_or_carry
from actors.cli.link import link_of

__all__ = ["continue_", "finish", "fork", "recover", "repair", "requeue"]

_node = click.argument("node_id", metavar="NODE")


@click.command()
@options.run_id
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def recover(context: click.Context, /, run_id: str, **given: Any) -> int:
    """Let a run go on that failed, is blocked or is paused.

    What kept it from going on begins anew, with all that depends on it; a paused run keeps what it did, and what is left has fresh
    attempts.
    """
    return change_or_carry(link_of(context), "run.recover", _params(run_id, given), as_json=given["as_json"])


@click.command()
@options.run_id
@_node
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def requeue(context: click.Context, /, run_id: str, node_id: str, **given: Any) -> int:
    """Begin a node anew, with all that depends on it.

    As `retry`, for a node that did not fail.
    """
    return change_or_carry(link_of(context), "run.requeue", {**_params(run_id, given), "node_id": node_id}, as_json=given["as_json"])


@click.command("continue")
@options.run_id
@_node
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def continue_(context: click.Context, /, run_id: str, node_id: str, **given: Any) -> int:
    """Try a blocked node again.

    What was done beside it is kept.
    """
    return change_or_carry(link_of(context), "run.continue", {**_params(run_id, given), "node_id": node_id}, as_json=given["as_json"])


@click.command()
@options.run_id
@_node
@click.option("-s", "--set", "edits", metavar="KEY=VALUE", multiple=True, help="A key of the node, its value written as in a file.")
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def repair(context: click.Context, /, run_id: str, node_id: str, edits: tuple[str, ...], **given: Any) -> int:
    """Go on with another definition of a node.

    The edit becomes a new version of the workflow, and this run goes on with it: the node and all that depends on it begin anew. Without
    an edit the run goes on with the newest version that is stored. Other runs keep the version that they have.

    \b
    Examples:
      penstock repair RUN build -s 'shell: make -j1'         # another command
      penstock repair RUN build -s timeout=1h -s 'retry={max_attempts: 3}'
      penstock workflow put fixed.yaml && penstock repair RUN build
    """
    params = {**_params(run_id, given), "node_id": node_id, "patch": _patch(edits)}
    return change_or_carry(link_of(context), "run.repair", params, as_json=given["as_json"])


def _patch(edits: tuple[str, ...]) -> dict[str, Any]:
    """`key=value` or `key: value`, the value in YAML."""
    from actors.workflow.problems import Report
    from actors.workflow.tree import UNREADABLE
    from actors.workflow.yaml_text import read_yaml

    patch: dict[str, Any] = {}
    for edit in edits:
        key, mark, value = edit.partition("=")
        if not mark or not key.strip().replace("_", "").isalnum():
            key, mark, value = edit.partition(":")
        report = Report("--set")
        tree = read_yaml(f"value: {value.strip()}", report) if mark and key.strip() else UNREADABLE
        if report.problems or not isinstance(tree, dict):
            why = f": {report.problems[0].message}" if report.problems else ""
            raise exits.Told("edit_malformed", f"--set {edit}: written as key=value, the value as in a workflow file{why}", exits.USAGE)
        if key.strip() in patch:
            raise exits.Told("edit_repeated", f"--set {key.strip()}: given twice", exits.USAGE)
        patch[key.strip()] = tree["value"]
    return patch


@click.command()
@options.run_id
@click.option("--from", "from_nodes", metavar="NODE", multiple=True, help="Begin anew from this node; repeat for more.")
@click.option("-i", "--input", "inputs", metavar="KEY=VALUE", multiple=True, help="An input that changes; repeat for more.")
@options.request_id
@options.as_json
@click.pass_context
def fork(context: click.Context, /, run_id: str, **given: Any) -> int:
    """Make a new run from one that has ended.

    It has the same version, the results of what does not begin anew, and inputs of which some may change. Without --from it does anew what
    did not succeed; of a completed run, everything. The old run stays as it is.

    \b
    Examples:
      penstock fork RUN --from publish
      penstock fork RUN -i target=staging
    """
    from actors.cli.source import inputs_of

    params = {
        "run_id": run_id, "from_nodes": list(given["from_nodes"]), "inputs": inputs_of(given["inputs"]), "cwd": str(Path.cwd()),
        "request_id": given["request_id"],
    }  # fmt: skip
    return change_or_carry(link_of(context), "run.fork", params, as_json=given["as_json"])


@click.command()
@options.run_id
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def finish(context: click.Context, /, run_id: str, **given: Any) -> int:
    """End a run with what it has.

    Nothing new starts, what is under way ends by itself, `finally` nodes run; then the run is blocked, with all results and its report.
    """
    ended = change_or_carry(link_of(context), "run.finish", _params(run_id, given), as_json=given["as_json"])
    return exits.OK if ended == exits.BLOCKED else ended


def _params(run_id: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": run_id, "reason": given["reason"], "request_id": given["request_id"]}
