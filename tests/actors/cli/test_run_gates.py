"""What `penstock run` does about the gates of its run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from actors.cli.attend import _Watch
from actors.refusals import Refusal
from tests.actors.cli.conftest import Daemon, Penstock
from tests.actors.cli.world import DIGEST, NONCE, World, gate, node


def test_an_open_gate_without_a_terminal_ends_with_five_and_the_commands_that_answer_it(world: World, penstock: Penstock) -> None:
    world.story = world.open_gate
    world.reasons = [{"code": "gate_open", "text": "waits for a decision at ok", "data": {}}]
    result = penstock("run", "w")
    assert result.exit_code == 5
    assert "penstock approve r ok" in result.output
    assert "waits for a decision at ok" in result.output


def test_yes_approves_what_was_shown_and_nothing_else(world: World, penstock: Penstock) -> None:
    world.story = world.open_gate
    result = penstock("run", "w", "--yes")
    assert result.exit_code == 0
    [decision] = world.runtime.called("gate_decide")
    assert (decision.decision, decision.gate, decision.nonce, decision.shown_digest) == ("approve", "ok", NONCE, DIGEST)


def test_a_gate_that_is_decided_elsewhere_while_we_wait_moves_the_run_on(world: World, daemon: Daemon, penstock: Penstock) -> None:
    world.story = world.open_gate
    opened = _Watch._answer_gates

    def elsewhere(self: _Watch) -> None:
        if world.run["open_gates"]:
            daemon.do(world.end, "completed")
        opened(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Watch, "_answer_gates", elsewhere)
        assert penstock("run", "w", "--wait").exit_code == 0


def test_an_approval_that_loses_the_race_is_told_and_the_run_goes_on(world: World, penstock: Penstock) -> None:
    def raced(*_: object) -> None:
        world.end("completed")

    async def decide(*_: object) -> Refusal:
        raced()
        return Refusal("gate_already_decided", "uid:7 approved it")

    world.story = world.open_gate
    world.runtime.answers["gate_decide"] = decide
    result = penstock("run", "w", "--yes")
    assert result.exit_code == 0
    assert "uid:7 approved it (gate_already_decided)" in result.output


def test_an_approval_that_is_refused_again_and_again_ends_the_command(world: World, penstock: Penstock) -> None:
    world.story = world.open_gate
    world.runtime.answers["gate_decide"] = Refusal("gate_approver_unsure", "not now")
    result = penstock("run", "w", "--yes")
    assert (result.exit_code, "code: gate_approver_unsure" in result.stderr) == (1, True)
    assert len(world.runtime.called("gate_decide")) == 5


def test_an_approval_from_within_a_step_is_refused_at_once(world: World, penstock: Penstock) -> None:
    world.story = world.open_gate
    world.runtime.answers["gate_decide"] = Refusal("human_required", "only a person")
    assert penstock("run", "w", "--yes").exit_code == 77
    assert len(world.runtime.called("gate_decide")) == 1


def test_a_run_that_goes_on_by_itself_under_the_carried_daemon_is_attended(world: World, carried: SimpleNamespace) -> None:
    world.move("running")

    async def resume(*_: object) -> Refusal:
        world.end("completed")
        return Refusal("run_not_paused", "it runs already")

    world.runtime.answers["run_resume"] = resume
    assert carried.penstock("resume", "r").exit_code == 0
    world.runtime.answers["run_resume"] = Refusal("run_not_found", "there is no such run")
    assert carried.penstock("resume", "r").exit_code == 66


def test_resume_and_approve_carry_a_daemon_too_and_stay_with_the_run(world: World, carried: SimpleNamespace) -> None:
    world.runtime.logs["r"] = []
    assert carried.penstock("resume", "r").exit_code == 0
    world.runtime.ended.clear()
    world.open_gate()
    result = carried.penstock("approve", "r")
    assert (result.exit_code, len(carried.daemons)) == (0, 2)


def below(world: World, *names: str) -> None:
    """The run waits for others, each of which asks."""
    for name in names:
        world.below[name] = {
            "run_id": name,
            "status": "awaiting_approval",
            "open_gates": ["ok"],
            "nodes": [node("ok", "waiting", gate=gate())],
        }
    children = [{"run_id": name, "node_id": "s", "workflow_id": "v", "status": "awaiting_approval"} for name in names]
    world.move("waiting", "run_waiting", children=children)


def test_yes_approves_the_gates_of_runs_below_that_wait_for_it_too(world: World, penstock: Penstock) -> None:
    answered: list[str] = []

    def decided(decision: str) -> None:
        answered.append(decision)
        if len(answered) == 2:
            world.end("completed")

    world.story, world.decided = lambda: below(world, "c", "d"), decided
    assert penstock("run", "w", "--yes").exit_code == 0
    assert [(one.run_id, one.gate, one.decision) for one in world.runtime.called("gate_decide")] == [
        ("c", "ok", "approve"), ("d", "ok", "approve"),
    ]  # fmt: skip


def test_without_anybody_to_ask_a_question_below_ends_with_five(world: World, penstock: Penstock) -> None:
    world.story = lambda: below(world, "c")
    assert penstock("run", "w").exit_code == 5
    assert not world.runtime.called("gate_decide")
