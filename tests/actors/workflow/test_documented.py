"""What the page about schedules and handoffs shows can be used as it stands."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from actors.config.backends import read_backends
from actors.handoff.rules import Handoff, read_handoff
from actors.ledger.prices import read_table
from actors.workflow import load_text

PAGE = (Path(__file__).parents[3] / "docs" / "schedules.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_there_are_examples_of_a_schedule_a_watch_and_a_handing_over() -> None:
    found = [load_text(text, notation="yaml", source="page", folder="/srv/flows").workflow for text in EXAMPLES]
    assert [workflow.workflow_id for workflow in found] == ["weekly-report", "publish", "draft"]
    assert (found[0].triggers.schedule is not None, len(found[1].triggers.watches)) == (True, 1)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_loads_without_a_remark(text: str) -> None:
    assert load_text(text, notation="yaml", source="page", folder="/srv/flows").warnings == ()


def test_the_handoff_is_one() -> None:
    [text] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(read_handoff(text.encode()), Handoff)


AGENTS = (Path(__file__).parents[3] / "docs" / "agents.md").read_text()


def test_the_example_of_an_agent_loads_and_its_prices_are_a_table() -> None:
    text, personas, *parts = re.findall(r"```yaml\n(.*?)```", AGENTS, re.DOTALL)
    for part in parts:
        whole = f"penstock: 1\nworkflow: part\n{part}"
        assert load_text(whole, notation="yaml", source="page", folder="/srv/flows").workflow.nodes
    loaded = load_text(text, notation="yaml", source="page", folder="/srv/flows")
    assert (loaded.workflow.personas[0].name, loaded.warnings) == ("writer", ())
    program = load_text(re.sub(r"personas:\n.*\n", personas, text), notation="yaml", source="page", folder="/srv/flows")
    table, *_ = re.findall(r"```toml\n(.*?)```", AGENTS, re.DOTALL)
    backends, flaws = read_backends(tomllib.loads(table)["backends"])
    assert (program.workflow.personas[0].backend in {one.name for one in backends}, flaws) == (True, ())
    [prices] = re.findall(r"```json\n(.*?)```", AGENTS, re.DOTALL)
    assert read_table(json.loads(prices)).of("my-model") is not None
