"""The daemon dies at every commit of a trial: each run of it is made once, and what wins is applied once."""

from __future__ import annotations

import pytest

from tests.scenarios.harness import House
from tests.scenarios.sweeping import told
from tests.scenarios.trying import advice, happened, tried

pytestmark = pytest.mark.no_cover  # as in the sweep of all tales
LIVED = """penstock: 1
workflow: story
nodes:
  - {id: node-1, python: "steps:work"}
"""


before: list[int] = []
"""How many commits there were before each trial."""


async def story(house: House) -> str:
    """Five runs that no advice would change: one pair is enough to see that."""
    runs = [await house.begin(LIVED) for _ in range(5)]
    for run_id in runs:
        await house.run_until(run_id)
    await advice(house)
    before.append(house.point.reached["commit.after"])
    await house.call("learning.review", learning_id="advice", action="apply", verify=True)
    found = await tried(house)
    assert (found["verification"]["verdict"], found["learning"]["status"]) == ("undecided", "proposed")
    names = [name for name in await happened(house) if name.startswith("verification")]
    assert names == ["verification_begun", "verification_pair_begun", "verification_pair_ended", "verification_ended"]
    every = (await house.call("run.list"))["runs"]
    assert len([run for run in every if run["trigger_type"] == "learning_verification"]) == 2
    return runs[0]


def test_a_death_at_each_commit_of_a_trial_makes_no_run_twice() -> None:
    expected, _ = told(story, [])
    first = before[0]
    died = 0
    while True:
        ending, deaths = told(story, [("commit.after", first + died + 1)])
        assert ending == expected, f"died at {died + 1}"
        if deaths == 0:
            break
        died += 1
    assert died >= 5
