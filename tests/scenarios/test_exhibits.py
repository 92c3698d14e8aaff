"""What a decider can look at: the artifacts of a gate as they were shown, beside what was approved last; and runs that are held for him."""

from __future__ import annotations

from typing import Any

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, write

NOTES = flow(step("draft", "artifact: {path: notes.txt}"), gate("ask", "needs: [draft]"), step("send", "needs: [ask]"))
TWO = flow(
    step("draft", "artifact: {path: notes.txt}"), step("list", "artifact: {path: list.txt}"), step("plain"),
    gate("ask", "needs: [draft, list, plain]"), gate("bare", "needs: [plain]"), top="limits: {parallel: 2}",
)  # fmt: skip


async def asked(d: House, definition: str = NOTES) -> str:
    run_id = await d.begin(definition)
    await d.run_until(run_id, "awaiting_approval")
    return run_id


async def exhibit(d: House, run_id: str, **more: Any) -> dict[str, Any]:
    return dict(await d.call("gate.artifact", run_id=run_id, **more))


async def test_the_bytes_of_an_artifact_are_shown_beside_those_that_were_approved_last(d: House) -> None:
    d.script.on("draft", write("notes.txt", "one\n"), write("notes.txt", "two\n"))
    first = await asked(d)
    found = await exhibit(d, first)
    assert (found["artifact"]["text"], found["artifact"]["size"], "approved" in found) == ("one\n", 4, False)
    await d.decide(first, "approve")
    await d.run_until(first, "completed")

    second = await asked(d)
    found = await exhibit(d, second, gate="ask", node_id="draft")
    assert (found["artifact"]["text"], found["approved"]["text"]) == ("two\n", "one\n")
    assert (found["approved"]["run_id"], found["approved"]["instance"]) == (first, 1)
    assert found["shown_digest"] == (await d.gate(second))["shown_digest"]


async def test_an_approval_of_this_run_counts_before_one_of_another(d: House) -> None:
    hold = Hold()
    d.script.on("draft", write("notes.txt", "one\n"))
    d.script.on("wait", hold)
    run_id = await d.begin(
        flow(
            step("draft", "artifact: {path: notes.txt}"), step("wait", "needs: [draft]"), gate("ask", "needs: [draft]"),
            step("send", "needs: [ask, wait]"), top="limits: {parallel: 2}",
        )
    )  # fmt: skip
    await d.when(run_id, lambda run: bool(run["open_gates"]))
    await d.decide(run_id, "approve")
    (d.places.data / "runs" / run_id / "work" / "notes.txt").write_text("other\n")
    await hold.begun()
    hold.open()
    await d.when(run_id, lambda run: bool(run["open_gates"]))
    found = await exhibit(d, run_id)
    assert (found["instance"], found["artifact"]["text"]) == (2, "other\n"), "the file has these bytes, no node has stored them"
    assert (found["approved"]["instance"], found["approved"]["text"]) == (1, "one\n")
    (d.places.data / "runs" / run_id / "work" / "notes.txt").write_text("changed again\n")
    assert (await exhibit(d, run_id))["artifact"]["missing"] is True, "those bytes are nowhere any more"


async def test_a_rejected_artifact_is_no_approved_one(d: House) -> None:
    d.script.on("draft", write("notes.txt", "one\n"), write("notes.txt", "two\n"))
    run_id = await asked(d)
    await d.decide(run_id, "rework", feedback="shorter")
    await d.run_until(run_id, "awaiting_approval")
    assert "approved" not in await exhibit(d, run_id)


async def test_an_artifact_has_to_be_named_where_there_are_several(d: House) -> None:
    d.script.on("draft", write("notes.txt", "one\n"))
    d.script.on("list", write("list.txt", "\0\xff"))
    run_id = await d.begin(TWO)
    await d.when(run_id, lambda run: len(run["open_gates"]) == 2)
    refused = await d.refused("gate.artifact", run_id=run_id, gate="ask")
    assert (refused.code, refused.data["nodes"]) == ("artifact_ambiguous", ["draft", "list"])
    assert (await exhibit(d, run_id, gate="ask", node_id="list"))["artifact"]["binary"] is True
    assert (await d.refused("gate.artifact", run_id=run_id, gate="ask", node_id="plain")).code == "artifact_not_found"
    assert (await d.refused("gate.artifact", run_id=run_id, gate="bare")).code == "artifact_not_found"
    assert (await d.refused("gate.artifact", run_id=run_id)).code == "gate_ambiguous"


async def test_a_long_text_is_cut(d: House) -> None:
    d.script.on("draft", write("notes.txt", "é" * 100_000))
    artifact = (await exhibit(d, await asked(d)))["artifact"]
    assert (artifact["size"], artifact["truncated"], len(artifact["text"])) == (200_000, True, 65_536)


async def test_runs_that_are_held_for_a_person_are_in_the_inbox(d: House) -> None:
    d.script.on("pay", fail("card declined"))
    held = await d.begin(flow(step("pay", "retry: {terminal_behavior: pause_for_review}")))
    await d.run_until(held, "paused")
    by_operator = await asked(d, flow(gate("ask")))
    await d.call("run.pause", run_id=by_operator)
    inbox = await d.call("gate.list")
    assert [(one["run_id"], one["code"]) for one in inbox["held"]] == [(held, "node_failed_review")]
    assert inbox["held"][0]["next"][0] == f"penstock resume {held}"
    assert [one["run_id"] for one in inbox["gates"]] == [by_operator]
    assert [one["run_id"] for one in (await d.call("gate.list", run_id=held))["held"]] == [held]
    assert (await d.call("gate.list", run_id=by_operator))["held"] == []
