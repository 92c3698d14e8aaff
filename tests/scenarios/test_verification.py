"""A verification that fails for good is a failure like any other: it leaves a letter, and `on_fail` holds for it."""

from __future__ import annotations

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import give
from tests.scenarios.test_dead_letters import LETTER, until

VERIFIES = "output: json, contract: {kind: text_summary}"


async def test_a_verification_that_fails_for_good_leaves_a_letter_like_any_failure(d: House) -> None:
    d.script.on("check", give({"status": "verify_failed", "summary": "two tests are red"}), give({"status": "passed"}))
    run_id = await d.begin(flow(step("check", f"{VERIFIES}, {LETTER}"), step("ship", "needs: [check]")))
    run = await d.run_until(run_id, "failed")
    assert run["nodes"][1]["status"] == "blocked"
    (letter,) = (await d.call("dead_letter.list", run_id=run_id))["letters"]
    assert (letter["node_id"], letter["code"], letter["status"]) == ("check", "verification_failed", "open")
    await d.call("dead_letter.retry", letter_id=letter["letter_id"])
    assert (await d.run_until(run_id, "completed"))["nodes"][1]["status"] == "completed"
    assert (await until(d, letter["letter_id"], "resolved"))["settled"] == "retry_succeeded"


async def test_a_node_that_may_fail_may_fail_its_verification(d: House) -> None:
    d.script.on("check", give({"status": "verify_failed", "summary": "two tests are red"}))
    run_id = await d.begin(flow(step("check", f"{VERIFIES}, {LETTER}, on_fail: continue"), step("ship", "needs: [check]")))
    run = await d.run_until(run_id, "completed")
    assert [(node["status"], node.get("skip_reason")) for node in run["nodes"]] == [("skipped", "on_fail_continue"), ("completed", None)]
    assert (await d.call("dead_letter.list", run_id=run_id))["letters"] == []
