"""The tables of docs/events.md, made from the facts themselves: `python -m tests.architecture.events_page` writes them into the page."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Final

import attrs

from actors.entity import Fact
from tests.architecture.sources import ROOT

PAGE: Final = ROOT / "docs" / "events.md"
MODULES: Final = {
    "The course of a run": ("actors.run.created", "actors.run.events"),
    "Endings and promotions of a mission": ("actors.run.course",),
    "Nodes": ("actors.node.events",),
    "What agents are asked for and leave": ("actors.agent.artifacts",),
    "What people say to agents": ("actors.agent.steering",),
    "Conversations of agents": ("actors.agent.thread_events",),
    "Tools of MCP servers": ("actors.mcp.events",),
    "Consent to personas": ("actors.agent.events",),
    "What a node's output says": ("actors.node.findings",),
    "Gates": ("actors.gate.events",),
    "Waits": ("actors.wait.events",),
    "The queue": ("actors.scheduler.events",),
    "Interventions of the daemon": ("actors.run.interventions",),
    "Steps of an operator": ("actors.run.steering",),
    "Dead letters": ("actors.dead_letter.events",),
    "Workflows": ("actors.workflow.events",),
    "Schedules": ("actors.calendar.events",),
    "Handoffs": ("actors.handoff.events",),
    "Webhook deliveries": ("actors.wait.deliveries",),
    "Polls of resolvers": ("actors.resolver.events",),
    "Notifications": ("actors.notification.events",),
    "Campaigns": ("actors.campaign.events.campaign",),
    "Baselines of campaigns": ("actors.campaign.events.baseline",),
    "Candidates of campaigns": ("actors.campaign.events.experiment",),
    "Worktrees": ("actors.worktree.events",),
    "What a run's log says of learning": ("actors.learning.run_events",),
    "Learnings": ("actors.learning.events",),
    "Memories of what was learned": ("actors.learning.memory_events",),
    "Revisions that learnings ask for": ("actors.learning.revision_events",),
    "Trials of learnings": ("actors.learning.trial_events",),
    "Removal": ("actors.removal.events",),
}


def tables() -> str:
    """All tables in Markdown, each behind its heading."""
    return "\n".join(f"## {title}\n\n{_table(modules)}" for title, modules in MODULES.items())


def written(text: str) -> str:
    """The page with the tables of today in place of those that stand in it."""
    head = text.partition("\n## ")[0]
    return f"{head.rstrip()}\n\n{tables()}"


def _table(modules: tuple[str, ...]) -> str:
    rows = [f"| `{fact.kind}` | {_says(fact)} | {_fields(fact)} |\n" for module in modules for fact in facts_of(module)]
    return "| event | says | fields |\n|---|---|---|\n" + "".join(rows)


def facts_of(module: str) -> Iterator[type[Fact]]:
    """The facts that the module defines and offers, in the order in which they stand there."""
    names = importlib.import_module(module)
    found = [value for value in vars(names).values() if isinstance(value, type) and issubclass(value, Fact) and value.kind]
    return (fact for fact in found if fact.__module__ == module)


def _says(fact: type[Fact]) -> str:
    return re.sub(r"\s+", " ", fact.__doc__ or "").strip().replace("|", "\\|")


def _fields(fact: type[Fact]) -> str:
    names = [field.name + ("" if field.default is attrs.NOTHING else "?") for field in attrs.fields(fact)]
    return f"`{', '.join(names)}`" if names else ""


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
