"""A learning is tried before it is applied: pairs of runs, an exact test, and what follows (`learning.verify`). All through the socket."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.learned import ends, learned, open_eyes, review, taught
from tests.scenarios.models import BAD, GOOD, agent, crew, persona
from tests.scenarios.script import Hold, give
from tests.scenarios.trying import FLOW, advice, happened, happens, heeds, lived, tried


async def test_advice_that_helps_wins_its_trial_and_is_applied(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    await open_eyes(house)
    house.models.always = heeds()
    runs = await lived(house, 6)
    await advice(house)
    answer = await review(house, "advice", "apply", note="try it", verify=True)
    assert answer["status"] == "proposed", "nothing changes before it has won"
    found = await tried(house)
    trial, learning = found["verification"], found["learning"]
    assert (learning["status"], trial["verdict"], trial["result"]["won"], trial["result"]["lost"]) == ("applied", "better", 5, 0)
    assert trial["replayed"] == runs[::-1][:6]
    assert trial["result"]["difference"] == {"completion_rate": 1.0, "validation_pass_rate": 1.0}
    assert trial["result"]["chance"] <= 0.05
    assert (learning["baseline_before"]["sample_size"], learning["baseline_before"]["completion_rate"]) == (6, 0.0)
    assert learning["evidence_refs"][-1]["review_note"] == "try it"
    assert (await happened(house))[-3:] == ["verification_pair_ended", "verification_ended", "reviewed"]
    assert "learning_verified advice: better (5 won, 0 lost, 0 tied" in capfd.readouterr().err
    first, second = trial["pairs"][0]["with_"]["run_id"], trial["pairs"][0]["without"]["run_id"]
    with_, without = await house.run(first), await house.run(second)
    assert (with_["status"], without["status"], with_["trigger_type"]) == ("completed", "failed", "learning_verification")
    assert with_["learning_summary"]["injected_learning_ids"] == ["advice"]
    assert "learning_summary" not in without
    assert "learning_finalized" not in await house.names(first), "nothing is learned from a trial"
    after = await ends(house, FLOW)
    assert (await house.run(after))["status"] == "completed", "its agents are told now"
    assert (await house.events(after))[-1]["post_run_metrics"]["sample_size"] == 7, "trials count nowhere"


@pytest.mark.parametrize(
    ("heard", "unheard", "verdict", "pairs"), [(BAD, GOOD, "worse", 5), (GOOD, GOOD, "undecided", 1)], ids=["harm", "no difference"]
)
async def test_advice_that_does_not_help_is_not_applied(house: House, heard: str, unheard: str, verdict: str, pairs: int) -> None:
    await open_eyes(house)
    house.models.always = heeds(heard, unheard)
    await lived(house, 5)
    await advice(house, status="approved" if verdict == "worse" else "proposed")
    await review(house, "advice", "apply", verify=True)
    found = await tried(house)
    assert (found["verification"]["verdict"], len(found["verification"]["pairs"])) == (verdict, pairs), "no pair more than can decide"
    assert found["learning"]["status"] in ("proposed", "approved")
    assert found["learning"]["baseline_before"] is None


async def test_the_policy_applies_nothing_that_has_not_won(house: House) -> None:
    await open_eyes(house)
    house.places.config_file.write_text("[learning]\nmin_confidence = 0.6\nauto_apply = true\nverify = true\nverify_runs = 5\n")
    house.script.on("node-1", *[give({"status": "completed", "summary": "Final report written"})] * 50)
    runs = [await ends(house) for _ in range(5)]
    decisions = [(await house.events(run_id))[-1]["decisions"][0]["reason_code"] for run_id in runs]
    assert decisions == ["insufficient_evidence"] * 4 + ["verification_begun"]
    await happens(house, "verification_ended")
    [one] = await learned(house)
    assert one["status"] == "proposed"
    again = await ends(house)
    assert (await house.events(again))[-1]["decisions"][0]["reason_code"] == "verification_not_better", "it is tried once by itself"
    assert len((await house.call("run.list"))["runs"]) == 8


async def test_what_wins_for_the_policy_is_applied_by_it_and_rolls_back_when_it_does_harm(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    await open_eyes(house)
    house.places.config_file.write_text("[learning]\nmin_confidence = 0.7\nauto_apply = true\nverify = true\nverify_runs = 5\n")
    house.models.always = heeds(GOOD, GOOD)
    await lived(house, 3)
    house.models.always = heeds(say="make the repair instructions more specific")
    await lived(house, 2)
    await happens(house, "auto_applied")
    [applied] = await learned(house, status="applied")
    assert (applied["kind"], applied["baseline_before"]["sample_size"]) == ("repair_hint", 5)
    await trio.sleep(1)
    house.models.always = heeds()
    seen = []
    for _ in range(3):
        await trio.sleep(1)
        await lived(house, 1)
        seen += [one["status"] for one in await learned(house, kind="repair_hint")]
    assert seen == ["applied", "applied", "regressed"]
    assert f"learning_regressed {applied['learning_id']}: " in capfd.readouterr().err


async def test_trials_that_cannot_be_made_are_refused_or_given_up(house: House) -> None:
    await open_eyes(house)
    house.models.always = heeds()
    await advice(house)
    for params, code in (
        ({"action": "approve"}, "verify_needs_apply"), ({"action": "apply"}, "verification_too_few_runs"),
    ):  # fmt: skip
        assert (await house.refused("learning.review", learning_id="advice", verify=True, **params)).code == code
    await lived(house, 5)
    await review(house, "advice", "apply", verify=True)
    assert (await house.refused("learning.review", learning_id="advice", action="apply", verify=True)).code == "verification_running"
    await review(house, "advice", "reject")
    found = await tried(house)
    assert (found["verification"]["verdict"], found["verification"]["reason"]) == ("dropped", "status=rejected")
    await review(house, "advice", "apply")
    assert (await house.refused("learning.review", learning_id="advice", action="apply", verify=True)).code == "verify_needs_apply"


async def test_what_must_happen_once_is_not_done_again_for_a_trial(house: House) -> None:
    await open_eyes(house)
    once = FLOW + "  - {id: send, shell: 'true', effect: once}\n"
    house.models.always = heeds()
    for run_id in await lived(house, 5, once):
        await taught(house, run_id)
    await advice(house)
    await review(house, "advice", "apply", verify=True)
    found = await tried(house)
    assert (found["verification"]["verdict"], found["verification"]["reason"]) == ("refused", "eval_side_effects_forbidden")
    assert len((await house.call("run.list"))["runs"]) == 5


async def test_a_trial_whose_runs_cannot_be_made_ends_with_the_reason(house: House, tmp_path: Path) -> None:
    await open_eyes(house)
    (tmp_path / "work").mkdir()
    there = flow(step("node-1"), top=f"workspace: {tmp_path / 'work'}")
    await lived(house, 5, there)
    await advice(house, workflow_id="story")
    (tmp_path / "work").rename(tmp_path / "gone")
    await review(house, "advice", "apply", verify=True)
    found = await tried(house)
    assert (found["verification"]["verdict"], found["verification"]["reason"]) == ("refused", f"workspace_missing: {tmp_path / 'work'}")
    (tmp_path / "gone").rename(tmp_path / "work")
    house.script.on("node-1", hang := Hold(), give({}))
    await review(house, "advice", "apply", verify=True)
    await hang.begun()
    shown = (await house.call("learning.get", learning_id="advice"))["verification"]
    await house.call("run.cancel", run_id=shown["open"][0])
    found = await tried(house)
    assert found["verification"]["verdict"] == "undecided"
    assert [pair["outcome"] for pair in found["verification"]["pairs"]] == ["lost", "tied"], "what somebody ends did not complete"


async def test_a_trial_whose_agents_are_nobody_is_refused_whole(house: House) -> None:
    persona(house)
    await open_eyes(house)
    house.models.always = heeds()
    pooled = crew(agent(), personas="").replace("personas:\n\n", "")
    await lived(house, 5, pooled)
    await advice(house)
    (house.folder / "personas" / "writer.yaml").unlink()
    await house.restart()
    await review(house, "advice", "apply", verify=True)
    found = await tried(house)
    assert (found["verification"]["verdict"], found["verification"]["reason"]) == ("refused", "role_unbound")
    assert len((await house.call("run.list"))["runs"]) == 5
