"""Dead letters through the socket: left by a failure, retried until it works or five times, ignored, compensated, resolved."""

from __future__ import annotations

from itertools import pairwise

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give

LETTER = "retry: {terminal_behavior: dead_letter}"
MANY = 20


async def failed(d: House, times: int = MANY, more: str = LETTER) -> tuple[str, str]:
    """A run whose node fails that often, and the letter it has left."""
    d.script.on("pay", *[fail("card declined")] * times)
    run_id = await d.begin(flow(step("a"), step("pay", f"needs: [a], {more}"), step("b", "needs: [pay]")))
    await d.run_until(run_id, "failed")
    (letter,) = (await d.call("dead_letter.list", run_id=run_id))["letters"]
    return run_id, letter["letter_id"]


async def letter_of(d: House, letter_id: str) -> dict[str, object]:
    return dict((await d.call("dead_letter.get", letter_id=letter_id))["letter"])


async def until(d: House, letter_id: str, status: str) -> dict[str, object]:
    letter: dict[str, object] = {}
    for _ in range(2_000):
        letter = await letter_of(d, letter_id)
        if letter["status"] == status:
            return letter
        await trio.sleep(0.5)
    raise AssertionError(f"the letter is {letter['status']}")


async def kinds(d: House, letter_id: str) -> list[str]:
    return [event["event"].removeprefix("dead_letter_") for event in (await d.call("dead_letter.get", letter_id=letter_id))["events"]]


async def test_a_letter_says_what_failed_and_what_may_be_done(d: House) -> None:
    run_id, letter_id = await failed(d)
    letter = await letter_of(d, letter_id)
    assert {name: letter[name] for name in ("run_id", "node_id", "status", "source_type", "code", "options", "attempts")} == {
        "run_id": run_id, "node_id": "pay", "status": "open", "source_type": "tool_effect", "code": "python_raised",
        "options": ["retry", "ignore", "compensate", "abandon"], "attempts": 1,
    }  # fmt: skip
    failure = next(event for event in await d.events(run_id) if event["event"] == "node_failed")
    assert (failure["dead_letter"], failure["policy_version_id"]) == (letter_id, "retry-policy-v1-80a9cc24e3484148")
    assert (await d.call("run.why", run_id=run_id))["reasons"][0]["next"][-1] == f"penstock dead-letters show {letter_id}"


async def test_a_retry_that_works_resolves_the_letter_and_the_run_goes_on(d: House) -> None:
    run_id, letter_id = await failed(d, 1)
    answer = await d.call("dead_letter.retry", letter_id=letter_id, reason="the bank is up again")
    assert answer == {"letter_id": letter_id, "run_id": run_id, "status": "retry_requested"}
    run = await d.run_until(run_id)
    assert (run["status"], run["resume_reason"]) == ("completed", "stateful_dead_letter_retry_dispatched")
    letter = await until(d, letter_id, "resolved")
    assert (letter["settled"], letter["settled_by"], letter["count"], letter["note"]) == (
        "retry_succeeded",
        "system",
        1,
        "the bank is up again",
    )
    assert await kinds(d, letter_id) == ["opened", "retry_requested", "dispatched", "resolved"]
    names = await d.names(run_id)
    assert names[names.index("run_failed") + 1 : names.index("run_failed") + 3] == ["report_written", "stateful_dead_letter_retry_requeued"]
    assert {node["node_id"]: node["instance"] for node in run["nodes"]} == {"a": 1, "pay": 2, "b": 2}
    assert d.script.count("a") == 1


async def test_r90_a_retry_that_never_works_is_given_up_after_five_dispatches(d: House) -> None:
    run_id, letter_id = await failed(d)
    await d.call("dead_letter.retry", letter_id=letter_id)
    letter = await until(d, letter_id, "ignored")
    assert (letter["settled"], letter["count"], d.script.count("pay")) == ("retry_exhausted", 5, 6)
    events = (await d.call("dead_letter.get", letter_id=letter_id))["events"]
    times = [event["at_ms"] for event in events if event["event"] == "dead_letter_dispatched"]
    delays = [after - before for before, after in pairwise(times)]
    assert all(delay >= least for delay, least in zip(delays, (2_000, 4_000, 8_000, 16_000), strict=True)), delays
    assert (await d.run(run_id))["status"] == "failed"
    assert [found["letter_id"] for found in (await d.call("dead_letter.list", run_id=run_id))["letters"]] == [letter_id]


async def test_nobody_is_retried_unasked(d: House) -> None:
    run_id, letter_id = await failed(d, 1)
    await trio.sleep(3_600)
    assert ((await letter_of(d, letter_id))["status"], d.script.count("pay")) == ("open", 1)
    assert (await d.run(run_id))["status"] == "failed"


async def test_letters_of_one_run_are_retried_in_one_transaction(d: House) -> None:
    d.script.on("x", fail())
    d.script.on("y", fail())
    hold = Hold(error="late")
    d.script.on("z", hold)
    top = "limits: {parallel: 3}\nfail_fast: false"
    run_id = await d.begin(flow(step("x", LETTER), step("y", LETTER), step("z", LETTER), top=top))
    await hold.begun()
    await d.when(run_id, lambda run: sum(node["status"] == "failed" for node in run["nodes"]) == 2)
    first, second = [letter["letter_id"] for letter in (await d.call("dead_letter.list", run_id=run_id))["letters"]]
    for letter_id in (first, second):
        await d.call("dead_letter.retry", letter_id=letter_id)
    assert (await letter_of(d, first))["status"] == "retry_requested"  # the run is still under way
    hold.open()
    for letter_id in (first, second):
        await until(d, letter_id, "resolved")
    requeued = [event for event in await d.events(run_id) if event["event"] == "stateful_dead_letter_retry_requeued"]
    assert [sorted(event["letter_ids"]) for event in requeued] == [sorted([first, second])]
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_success_that_came_otherwise_resolves_a_letter_whose_retry_was_asked(d: House) -> None:
    run_id, letter_id = await failed(d, 3)
    await d.call("dead_letter.retry", letter_id=letter_id)
    await d.when(run_id, lambda run: run["status"] == "failed" and d.script.count("pay") >= 2)
    with pytest.raises(Refused):  # a pause would hold it: the dispatcher only begins runs again that have failed
        await d.call("run.pause", run_id=run_id)
    while (await d.run(run_id))["status"] != "completed":
        try:
            await d.call("run.retry", run_id=run_id, node_id="pay")
        except Refused:
            await trio.sleep(0.1)
        await d.run_until(run_id)
    assert (await until(d, letter_id, "resolved"))["settled"] == "retry_succeeded"


async def test_ignored_and_resolved_letters_are_settled_for_ever(d: House) -> None:
    _, letter_id = await failed(d)
    answer = await d.call("dead_letter.ignore", letter_id=letter_id, reason="not worth it")
    assert answer["status"] == "ignored"
    for word in ("retry", "ignore", "resolve"):
        assert (await d.refused(f"dead_letter.{word}", letter_id=letter_id)).code == "dead_letter_settled"
    _, other = await failed(d)
    await d.call("dead_letter.resolve", letter_id=other)
    letter = await letter_of(d, other)
    assert (letter["settled"], str(letter["settled_by"]).startswith("uid:")) == ("by_operator", True)


async def test_a_run_may_make_good_what_another_has_done(d: House) -> None:
    run_id, letter_id = await failed(d)
    other = await d.begin(flow(step("refund"), name="refund"))
    assert (await d.refused("dead_letter.compensate", letter_id=letter_id, run_id="run-none")).code == "run_not_found"
    await d.call("dead_letter.compensate", letter_id=letter_id, run_id=other, reason="money back")
    letter = await letter_of(d, letter_id)
    assert (letter["status"], letter["compensation_run_id"], letter["run_id"]) == ("linked_to_compensation", other, run_id)
    await d.run_until(other)
    assert (await d.call("dead_letter.resolve", letter_id=letter_id))["status"] == "resolved"


async def test_a_wait_for_which_nothing_came_leaves_a_letter_that_cannot_be_retried(d: House) -> None:
    run_id = await d.begin(flow(wait("pay", "signal: payment, timeout: 5s, on_timeout: escalate, escalate_to: '@ops'")))
    await d.run_until(run_id, "paused")
    (letter,) = (await d.call("dead_letter.list", run_id=run_id))["letters"]
    assert (letter["source_type"], letter["status"]) == ("stateful_wait", "open")
    refused = await d.refused("dead_letter.retry", letter_id=letter["letter_id"])
    assert (refused.code, refused.data["options"]) == ("dead_letter_option_not_offered", ["ignore", "compensate"])
    await d.call("run.resume", run_id=run_id)
    await d.run_until(run_id, "paused")  # it has waited anew, in vain: another instance, another letter
    assert len((await d.call("dead_letter.list", run_id=run_id))["letters"]) == 2


async def test_a_retry_says_why_where_the_policy_asks_for_it(d: House) -> None:
    policy = "retry: {terminal_behavior: dead_letter, manual_override: {enabled: true}}"
    run_id, letter_id = await failed(d, 1, policy)
    assert (await d.refused("dead_letter.retry", letter_id=letter_id)).code == "retry_reason_required"
    assert (await d.refused("run.retry", run_id=run_id, node_id="pay")).code == "retry_reason_required"
    await d.call("dead_letter.retry", letter_id=letter_id, reason="the card was unlocked")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_lists_are_narrowed_and_what_is_not_there_is_said_so(d: House) -> None:
    run_id, letter_id = await failed(d)
    _, other = await failed(d)
    await d.call("dead_letter.ignore", letter_id=other)
    listed = (await d.call("dead_letter.list"))["letters"]
    assert [letter["letter_id"] for letter in listed] == [other, letter_id]
    assert [letter["letter_id"] for letter in (await d.call("dead_letter.list", status="open", workflow_id="story"))["letters"]] == [
        letter_id
    ]
    assert [letter["run_id"] for letter in (await d.call("dead_letter.list", run_id=run_id))["letters"]] == [run_id]
    for word in ("get", "retry", "ignore", "resolve"):
        assert (await d.refused(f"dead_letter.{word}", letter_id="dead-letter-node-0")).code == "dead_letter_not_found"
    assert (await d.refused("dead_letter.get", letter_id=run_id)).code == "dead_letter_not_found"


async def test_the_same_request_again_gets_the_first_answer(d: House) -> None:
    _, letter_id = await failed(d, 1)
    first = await d.call("dead_letter.retry", letter_id=letter_id, request_id="r1")
    await until(d, letter_id, "resolved")
    assert await d.call("dead_letter.retry", letter_id=letter_id, request_id="r1") == first
    assert (await d.refused("dead_letter.ignore", letter_id=letter_id, request_id="r1")).code == "request_conflict"
    assert (await kinds(d, letter_id)).count("retry_requested") == 1


@pytest.mark.parametrize("crash", [False, True])
async def test_a_retry_that_was_asked_goes_on_in_the_next_daemon(d: House, crash: bool) -> None:
    hold = Hold()
    d.script.on("pay", fail(), hold, hold)
    run_id = await d.begin(flow(step("pay", LETTER)))
    await d.run_until(run_id, "failed")
    (letter,) = (await d.call("dead_letter.list", run_id=run_id))["letters"]
    await d.call("dead_letter.retry", letter_id=letter["letter_id"])
    await hold.begun()
    await d.restart(crash=crash)
    hold.open()
    assert (await until(d, letter["letter_id"], "resolved"))["count"] == 1
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_node_that_names_a_class_is_retried_as_its_policy_has_it(d: House) -> None:
    d.script.on("a", fail("connection refused"), give(1))
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 3, on: [provider_transient]}")))
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    failure = next(event for event in await d.events(run_id) if event["event"] == "node_failed")
    assert (failure["failure_class"], failure["category"], failure["retry_decision"]) == (
        "provider_transient", "provider_connect_timeout", "retry_scheduled",
    )  # fmt: skip
    backoff = next(event for event in await d.events(run_id) if event["event"] == "node_retry_backoff_scheduled")
    assert backoff["retry_backoff_ms"] == 2_000


async def test_a_node_that_failed_for_good_holds_its_run_for_a_person(d: House) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "retry: {terminal_behavior: pause_for_review}"), step("b", "needs: [a]")))
    run = await d.run_until(run_id, "paused")
    assert (run["pause_reason"], run["detail"], await d.why(run_id)) == (
        "node_failed_review", {"code": "node_failed_review", "node_ids": ["a"]}, ["node_failed_review"],
    )  # fmt: skip
    await d.restart(crash=True)
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"
