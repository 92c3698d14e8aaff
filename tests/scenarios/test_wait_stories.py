"""Waits through the socket: timers, signals, conditions, webhooks; over deaths, pauses and clocks that jump."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold

PAID = "schemas: {paid: {type: object, required: [accepted]}}"
HOUR = 3_600_000


async def waiting(d: House, *nodes: str, **more: Any) -> str:
    """A run that has come to wait."""
    run_id = await d.begin(flow(*nodes, **more))
    await d.run_until(run_id, "waiting")
    return run_id


async def test_r68_a_timer_wakes_its_run(d: House) -> None:
    began = trio.current_time()
    run_id = await d.begin(flow(wait("nap", "timer: 90s"), step("b", "needs: [nap]")))
    await d.run_until(run_id, "waiting")
    assert d.script.count("b") == 0
    run = await d.run_until(run_id)
    assert (run["status"], 90 <= trio.current_time() - began <= 91) == ("completed", True)
    node = run["nodes"][0]
    assert (node["status"], node["output"]["contract_kind"]) == ("completed", "stateful_wait")
    names = await d.names(run_id)
    at = names.index("stateful_runtime.wait.timer_woken")
    assert names[at - 1 : at + 3] == ["run_waiting", "stateful_runtime.wait.timer_woken", "node_completed", "stateful_wait_woken_requeued"]


async def test_r69_a_condition_through_the_socket(d: House) -> None:
    run_id = await waiting(d, wait("env", "condition: env-ready, schema: paid, timeout: 1h"), step("b", "needs: [env]"), top=PAID)
    refused = await d.refused("wait.resolve", run_id=run_id, wait="env", payload={"no": 1})
    assert (refused.code, refused.data["path"]) == ("wait_payload_invalid", "$.accepted")
    first = await d.call("wait.resolve", run_id=run_id, wait="env", payload={"accepted": 1}, key="k1")
    assert first["wait"]["status"] == "woken"
    again = await d.call("wait.resolve", run_id=run_id, wait="env", payload={"accepted": 1}, key="k1")
    assert again["wait"] == first["wait"]
    assert (await d.call("wait.resolve", run_id=run_id, wait="env", payload={"accepted": 1}, key="k2"))["wait"] is None
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.refused("wait.resolve", run_id=run_id, wait="nobody")).code == "wait_not_found"


async def test_r70_a_wait_and_an_attempt_beside_each_other(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(wait("nap", "timer: 1h"), step("a"), top="limits: {parallel: 2}"))
    await hold.begun()
    run = await d.run(run_id)
    assert (run["status"], run["waits"][0]["status"]) == ("running", "waiting")
    assert sorted(await d.why(run_id)) == ["node_running", "waiting_for_time"]
    hold.open()
    await d.run_until(run_id, "waiting")
    assert await d.why(run_id) == ["waiting_for_time"]


async def test_r100_a_paused_run_hears_its_timer_and_goes_on_when_it_is_resumed(d: House) -> None:
    run_id = await waiting(d, wait("nap", "timer: 60s"), step("b", "needs: [nap]"))
    await d.call("run.pause", run_id=run_id)
    run = await d.when(run_id, lambda run: run["nodes"][0]["status"] == "completed")
    assert (run["status"], d.script.count("b")) == ("paused", 0)
    assert (await d.call("run.resume", run_id=run_id))["status"] == "queued"
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r110_an_escalated_wait_holds_the_run_and_opens_anew(d: House) -> None:
    run_id = await waiting(d, wait("pay", "signal: payment, timeout: 10m, on_timeout: escalate, escalate_to: '@ops'"))
    run = await d.run_until(run_id, "paused")
    assert (run["pause_reason"], run["waits"][0]["status"], await d.why(run_id)) == ("wait_escalated", "escalated", ["wait_escalated"])
    resumed = d.clock.now_ms()
    await d.call("run.resume", run_id=run_id)
    run = await d.when(run_id, lambda run: run["status"] == "waiting")
    row = run["waits"][0]
    assert (row["instance"], row["wait_id"].endswith("pay:2:wait"), row["timeout_at_ms"] >= resumed + 600_000) == (2, True, True)
    await d.call("signal.send", run_id=run_id, name="payment")
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize(
    ("action", "status", "event"),
    [
        ("fail", "failed", "stateful_runtime.wait.timeout_failed"),
        ("cancel", "cancelled", "stateful_runtime.wait.timeout_cancelled"),
        ("remind", "paused", "stateful_runtime.wait.timeout_reminded"),
        ("resume", "completed", "stateful_runtime.wait.timeout_resumed"),
    ],
)
async def test_what_follows_when_nothing_comes(d: House, action: str, status: str, event: str) -> None:
    run_id = await waiting(d, wait("pay", f"signal: payment, timeout: 10m, on_timeout: {action}"), step("b", "needs: [pay]"))
    run = await d.run_until(run_id, status)
    assert event in await d.names(run_id)
    assert run["status"] == status


async def test_signals_before_at_and_after_their_wait(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    nodes = (step("a"), wait("w1", "signal: go", "needs: [a]"), wait("w2", "signal: go", "needs: [w1]"), step("b", "needs: [w2]"))
    run_id = await d.begin(flow(*nodes))
    await hold.begun()
    early = await d.call("signal.send", run_id=run_id, name="go", payload=1, key="one")
    assert (early["kept"], early["wait"]) == (True, None)
    hold.open()
    await d.run_until(run_id, "waiting")
    assert (await d.call("signal.send", run_id=run_id, name="go", payload=1, key="one"))["wait"]["node_id"] == "w1"
    late = await d.call("signal.send", run_id=run_id, name="go", payload=2, key="two")
    assert late["wait"]["node_id"] == "w2"
    run = await d.run_until(run_id)
    assert [node["output"]["content"]["wake"]["payload"] for node in run["nodes"][1:3]] == [1, 2]
    assert (await d.refused("signal.send", run_id=run_id, name="go")).code == "run_already_terminal"
    assert (await d.refused("signal.send", run_id="run-nobody", name="go")).code == "run_not_found"


async def test_a_payload_reaches_what_follows(d: House) -> None:
    use = step("b", 'needs: [pay], with: {amount: "{{ nodes.pay.payload.amount }}"}')
    run_id = await waiting(d, wait("pay", "signal: payment"), use, top='output: {by: "{{ nodes.pay.status }}"}')
    await d.call("signal.send", run_id=run_id, name="payment", payload={"amount": 20})
    run = await d.run_until(run_id)
    assert (d.script.given("b"), run["output"]) == ([{"amount": 20}], {"by": "completed"})


async def test_deciders_and_signallers_at_once_wake_a_wait_once(d: House) -> None:
    run_id = await waiting(d, wait("pay", "signal: payment"), step("b", "needs: [pay]"))
    answers: list[dict[str, Any]] = []
    hold = Hold()
    d.script.on("b", hold)  # a signal wakes the run in its own commit, and the others must still find it

    async def say(n: int) -> None:
        async with await d.client() as client:
            answers.append(await client.call("signal.send", {"run_id": run_id, "name": "payment", "payload": n, "key": f"k{n}"}))

    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(say, n)
    hold.open()
    woke = [answer["wait"]["completion_key"] for answer in answers if answer["wait"] is not None]
    run = await d.run_until(run_id)
    assert (len(woke), run["status"], d.script.count("b")) == (1, "completed", 1)
    names = await d.names(run_id, ("stateful_runtime.wait.external_condition_resolved", "signal_received"))
    assert (names.count("stateful_runtime.wait.external_condition_resolved"), len(names) <= 20) == (1, True)


HOOK = wait("hook", 'webhook: ci, match: {field: idempotency_key, value: "{{ inputs.order }}"}')
ORDER = "inputs: {order: {default: o1}}"


@pytest.mark.parametrize("early", [True, False])
async def test_a_webhook_delivery_before_or_after_the_wait(d: House, *, early: bool) -> None:
    delivery = {"trigger_id": "ci", "payload": {"state": "green"}, "idempotency_key": "o1", "provider": "forge"}
    if early:
        await d.call("webhook.deliver", **delivery)
    run_id = await d.begin(flow(HOOK, step("b", "needs: [hook]"), top=ORDER))
    if not early:
        await d.run_until(run_id, "waiting")
        other = await d.call("webhook.deliver", trigger_id="ci", idempotency_key="o2")
        assert not other["duplicate"]
        await d.call("webhook.deliver", **delivery)
    run = await d.run_until(run_id)
    wake = run["nodes"][0]["output"]["content"]["wake"]
    assert (run["status"], wake["payload"], wake["provider"]) == ("completed", {"state": "green"}, "forge")
    assert (await d.call("webhook.deliver", **delivery))["duplicate"] is True


async def test_one_delivery_goes_to_one_run_and_the_next_to_the_next(d: House) -> None:
    first = await waiting(d, wait("hook", "webhook: ci"), name="one")
    second = await waiting(d, wait("hook", "webhook: ci"), name="two")
    await d.call("webhook.deliver", trigger_id="ci", provider_event_id="e1")
    assert (await d.run_until(first))["status"] == "completed"
    assert (await d.run(second))["status"] == "waiting"
    await d.call("webhook.deliver", trigger_id="ci", provider_event_id="e2")
    assert (await d.run_until(second))["status"] == "completed"


async def test_a_large_delivery_is_refused(d: House) -> None:
    refused = await d.refused("webhook.deliver", trigger_id="ci", payload="x" * 140_000)
    assert (refused.code, refused.data["limit"]) == ("webhook_too_large", 131_072)


async def test_open_waits_are_listed_over_all_runs_and_by_run(d: House) -> None:
    first = await waiting(d, wait("pay", "signal: payment"), name="one")
    second = await waiting(d, wait("nap", "timer: 1h"), name="two")
    listed = (await d.call("wait.list"))["waits"]
    assert [(row["run_id"], row["node_id"], row["wait_kind"]) for row in listed] == [
        (first, "pay", "external_condition"), (second, "nap", "timer"),
    ]  # fmt: skip
    assert [row["node_id"] for row in (await d.call("wait.list", run_id=second))["waits"]] == ["nap"]
    assert (await d.refused("wait.list", run_id="run-nobody")).code == "run_not_found"
    await d.call("run.cancel", run_id=first)
    assert [row["run_id"] for row in (await d.call("wait.list"))["waits"]] == [second]


@pytest.mark.parametrize("crash", [True, False])
async def test_waits_live_through_a_restart_with_their_times(d: House, *, crash: bool) -> None:
    run_id = await waiting(d, wait("nap", "timer: 100s"), wait("pay", "signal: payment"), step("b", "needs: [nap, pay]"))
    began = trio.current_time()
    await trio.sleep(60)
    await d.restart(crash=crash)
    assert (await d.names(run_id))[-1] == "run_waiting"
    await d.call("signal.send", run_id=run_id, name="payment")
    run = await d.run_until(run_id)
    assert (run["status"], 99 <= trio.current_time() - began <= 106) == ("completed", True)


async def test_a_timer_that_was_due_while_no_daemon_ran_wakes_at_the_start(d: House) -> None:
    run_id = await waiting(d, wait("nap", "timer: 1h"))
    await d.stop()
    d.clock.jump(2 * HOUR)
    await d.start()
    began = trio.current_time()
    run = await d.run_until(run_id)
    assert (run["status"], trio.current_time() - began < 5) == ("completed", True)


async def test_g14_a_clock_that_goes_back_moves_a_timer_and_loses_nothing(d: House) -> None:
    run_id = await waiting(d, wait("nap", "timer: 60s"))
    began = trio.current_time()
    d.clock.jump(-HOUR)
    run = await d.run_until(run_id)
    assert (run["status"], 3659 <= trio.current_time() - began <= 3700) == ("completed", True)


async def test_g14_a_clock_that_goes_forward_by_years_ends_a_timer_once(d: House) -> None:
    run_id = await waiting(d, wait("nap", "timer: 60s"), wait("pay", "signal: payment"))
    d.clock.jump(10 * 365 * 24 * HOUR)
    await d.when(run_id, lambda run: run["nodes"][0]["status"] == "completed")
    assert (await d.names(run_id)).count("stateful_runtime.wait.timer_woken") == 1
    await d.call("signal.send", run_id=run_id, name="payment")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_wait_that_cannot_be_opened_fails_the_run_with_its_reason(d: House) -> None:
    run_id = await d.begin(flow(wait("nap", 'until: "{{ inputs.when }}"'), top="inputs: {when: {default: noon}}"))
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"], run["stop_kind"]) == ("failed", "wait_registration_failed", "guardrail_stopped")
    assert run["nodes"][0]["error"]["code"] == "timer_wake_at_invalid"


async def test_put_names_what_is_wrong_with_waits_by_their_own_code(d: House) -> None:
    refused = await d.refused("workflow.put", text=flow(wait("nap", "timer: 0s")))
    assert (refused.code, [problem["code"] for problem in refused.data["problems"]]) == ("invalid_wait_node", ["timer_delay_invalid"])
    both = await d.refused("workflow.put", text=flow(wait("nap", "timer: 0s", "needs: [nobody]")))
    assert both.code == "invalid_workflow"
