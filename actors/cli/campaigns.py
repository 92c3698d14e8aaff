"""`penstock campaign`: improve a workflow by tiny, measured changes, each of which a person approves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.campaign_page import campaign_page
from actors.cli.campaign_words import event_words
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import emit, print_json, table, visible

__all__ = ["campaign"]

_COLUMNS = (
    ("campaign_id", "CAMPAIGN"), ("status", "STATUS"), ("source_workflow_id", "WORKFLOW"), ("experiments", "TRIED"), ("note", "NOTE"),
    ("name", "NAME"),
)  # fmt: skip
_PARTS = ("objective", "eval", "mutation_policy", "scope", "budget")
_FILES = ("objective.md", "eval.yaml", "mutation_policy.yaml", "scope.yaml", "budget.yaml")
_id = click.argument("campaign_id", metavar="CAMPAIGN")
_experiment = click.argument("experiment_id", metavar="EXPERIMENT")


@click.group()
def campaign() -> None:
    """Improve a workflow by tiny, measured changes, each of which a person approves."""


def _files(command: Any) -> Any:
    for part, name in reversed(list(zip(_PARTS, _FILES, strict=True))):
        text = f"The file with the {part.replace('_', ' ')}, relative to the workspace."
        command = click.option(f"--{part.replace('_', '-')}", part, metavar="FILE", default=name, show_default=True, help=text)(command)
    return command


@campaign.command()
@click.argument("workflow_id", metavar="WORKFLOW")
@click.option("--workspace", metavar="DIR", default=".", show_default=True, help="The folder with the five files.")
@_files
@click.option("--id", "campaign_id", metavar="ID", help="Name of the campaign; one is made up otherwise.")
@click.option("--name", metavar="TEXT", help="Title for people.")
@click.option("--input", "inputs", metavar="NAME=VALUE", multiple=True, help="An input of every run that the campaign makes.")
@click.option(
    "--evaluations", "evaluations_per_candidate", type=click.IntRange(1, 20), default=1, metavar="N",
    help="Runs of each candidate, 1 to 20 (1 by default); of several, each beside one of the baseline.",
)  # fmt: skip
@click.option("--proposer", metavar="PERSONA", help="A persona that is asked for candidates; without it they come from rules.")
@click.option("--override", metavar="BACKEND/MODEL", help="Where every persona runs in the campaign's runs.")
@options.request_id
@options.as_json
@click.pass_context
def create(context: click.Context, /, workflow_id: str, workspace: str, *, as_json: bool, **asked: Any) -> int:
    """Make a campaign for a stored workflow. It does nothing until it is started.

    \b
    Examples:
      penstock campaign create notice --workspace examples/campaign
      penstock campaign start CAMPAIGN
    """
    from actors.cli.source import inputs_of

    override = asked.pop("override")
    params = {
        "source_workflow_id": workflow_id, "workspace_root": str(Path(workspace).resolve()),
        "artifacts": {f"{part}_ref": asked.pop(part) for part in _PARTS}, "inputs": inputs_of(asked.pop("inputs")), **asked,
    }  # fmt: skip
    if override is not None:
        backend, _, model = override.partition("/")
        params["execution_override"] = {"provider_id": backend, "model_id": model}
    return change(link_of(context), "campaign.create", params, as_json=as_json, tell=_made)


def _made(answer: dict[str, Any]) -> None:
    made = answer["campaign"]
    emit(visible(f"{made['campaign_id']}: {made['name']}, {made['status']}; begin it with: penstock campaign start {made['campaign_id']}"))
    for warning in made.get("warnings", ()):
        emit(visible("  warning: " + ", ".join(f"{key} {value}" for key, value in warning.items())))


@campaign.command("ls")
@options.with_limit(50)
@options.as_json
@click.pass_context
def list_(context: click.Context, /, *, limit: int, as_json: bool) -> int:
    """List campaigns, those that changed last first."""
    with link_of(context).reader() as reader:
        found = reader.call("campaign.list", {"limit": limit})["campaigns"]
    if as_json:
        print_json(found)
    else:
        table(found, _COLUMNS, empty="No campaigns.")
    return exits.OK


@campaign.command()
@_id
@options.as_json
@click.pass_context
def show(context: click.Context, /, campaign_id: str, *, as_json: bool) -> int:
    """Show a campaign: its baseline and its candidates side by side, each with its change."""
    with link_of(context).reader() as reader:
        answer = reader.call("campaign.experiments", {"campaign_id": campaign_id})
    if as_json:
        print_json(answer)
    else:
        for line in campaign_page(answer["campaign"], answer["experiments"]):
            emit(visible(line))
    return exits.OK


@campaign.command()
@_id
@click.option("--after", type=click.IntRange(0), default=0, help="Begin behind that number.")
@options.as_json
@click.pass_context
def events(context: click.Context, /, campaign_id: str, after: int, *, as_json: bool) -> int:
    """Print what has happened in a campaign, oldest first."""
    with link_of(context).reader() as reader:
        found = reader.call("campaign.events", {"campaign_id": campaign_id, "after": after})["events"]
    if as_json:
        print_json(found)
    else:
        for event in found:
            emit(visible(event_words(event)))
    return exits.OK


def _acting(name: str, action: str, text: str, *more: Any) -> None:
    def command(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
        limits = {key: asked.pop(key) for key in ("campaign_max_tokens", "campaign_max_cost_usd") if asked.get(key) is not None}
        asked = {key: value for key, value in asked.items() if not key.startswith("campaign_max")}
        params = given({"action": action, "limits": limits or None, **asked})
        return change(link_of(context), "campaign.act", params, as_json=as_json, tell=_standing)

    for option in (click.pass_context, options.as_json, options.request_id, *more, _id):
        command = option(command)
    campaign.command(name, help=text)(command)


def _standing(answer: dict[str, Any]) -> None:
    found = answer["campaign"]
    note = ": ".join(found[key] for key in ("last_pause_reason", "last_pause_detail") if found.get(key))
    emit(visible(f"{found['campaign_id']}: {found['status']}{f' ({note})' if note else ''}"))


_limits = (
    click.option("--max-cost-usd", "campaign_max_cost_usd", type=float, metavar="USD", help="Another limit for the whole campaign."),
    click.option("--max-tokens", "campaign_max_tokens", type=int, metavar="N", help="Another limit for the whole campaign."),
)
_acting("start", "start", "Begin a campaign, or begin it anew after it has failed or completed.", *_limits)
_acting("pause", "pause", "Hold a campaign. Runs under way go on, and what they bring is taken in when it is resumed.", options.reason)
_acting("resume", "resume", "Let a held campaign go on.", *_limits)
_acting("replay", "queue_baseline_replay", "Have the baseline measured once more.")
_acting(
    "record", "record_baseline_replay", "Take a completed run of the baseline as one of its measurements.",
    click.argument("run_id", metavar="RUN"),
)  # fmt: skip
_acting(
    "approve", "approve_winner", "Approve a recommended candidate: it becomes the baseline. The live workflow is untouched.", _experiment
)
_acting("reject", "reject_winner", "Reject a recommended candidate.", options.reason, _experiment)


@campaign.command()
@_id
@_experiment
@options.request_id
@options.as_json
@click.pass_context
def apply(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Put an approved winner, and earlier ones that it builds on, into the live workflow, as a new version."""

    def tell(answer: dict[str, Any]) -> None:
        made = answer["workflow"]
        emit(visible(f"{asked['experiment_id']} is in {made['workflow_id']}, version {made['version']}"))

    return change(link_of(context), "campaign.apply", asked, as_json=as_json, tell=tell)


@campaign.command()
@_id
@click.option("--cancel-runs", is_flag=True, help="Cancel runs that the campaign waits for.")
@options.request_id
@options.as_json
@click.pass_context
def rm(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Take a campaign out of all lists. Its runs stay."""
    return change(link_of(context), "campaign.delete", asked, as_json=as_json)
