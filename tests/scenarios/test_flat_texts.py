"""Texts with the names of variables, through the socket: what each node of a run is told (flow spec, 6.1, 6.3 and 8.1)."""

from __future__ import annotations

from tests.scenarios.flows import block, flow, gate, loop, step, wait
from tests.scenarios.harness import House
from tests.scenarios.models import crew, fails, says
from tests.scenarios.script import fail, give

FLAT = "templating: flat\nsequence: true\nfail_fast: true"
TOPIC = "inputs: {topic: {type: string}}"


async def test_fl47_an_agent_that_follows_a_failure_is_told_of_it_and_the_run_fails_all_the_same(d: House) -> None:
    told = "Mend {{failed_step}}, {{retry_count}} retries: {{failure_code}}: {{failure_reason}}{{nothing}}"
    medic = f"{{agent: medic, instructions: '{told}'}}"
    draft = f"{{id: draft, label: The draft, agent: writer, instructions: Write., retries: 1, on_fail: {medic}}}"
    personas = "  writer: {backend: stage, model: gpt-5-mini}\n  medic: {backend: stage, model: gpt-5-mini}\n"
    d.models.script[:] = [fails(), fails(), fails(), says("mended")]  # overload has a floor of three attempts
    run_id = await d.begin(crew(block("g", draft), step("after"), personas=personas, top=FLAT))
    run = await d.run_until(run_id)
    nodes = {node["node_id"]: node for node in run["nodes"]}
    ending = next(event for event in await d.events(run_id) if event["event"] == "run_failed")
    assert (run["status"], ending["node_ids"], nodes["draft"]["attempt"]) == ("failed", ["draft"], 3)
    assert (nodes["draft.on_fail"]["status"], nodes["draft.on_fail"]["position"]) == ("completed", nodes["draft"]["position"] + 1)
    assert nodes["after"]["skip_reason"] == "fail_fast"
    asked = "\n".join(getattr(turn, "text", "") for turn in d.models.requests[-1].turns)
    error = nodes["draft"]["error"]
    assert f"Mend The draft, 1 retries: {error['code']}: {error['message']}" in asked


async def test_every_text_of_a_flow_is_told_the_same_variables(d: House) -> None:
    each = "over: list, scope: {values: '{{base}}'}, max_parallel: 1, workflow: child, "
    each += "inputs: {what: '{{item.id}} {{topic}}', kept: '{{item.no}}'}"
    child = flow(step("leaf", "with: {what: '{{what}}', kept: '{{kept}}', item: '{{item.id}}'}"), name="child", top=FLAT)
    await d.put(child)
    nodes = (
        step("a"),
        step("b", "with: {topic: '{{topic}}', base: '{{base}}', said: '{{prior_context}}', none: '{{ topic }}'}"),
        "{id: call, workflow: child, inputs: {what: '{{base}}', kept: '{{unknown}}'}}",
        f"{{id: each, foreach: {{{each}}}}}",
        gate("ask", "prompt: 'Ship {{base}}, {{prior_output}}?{{nothing}}'"),
        step("c", "with: {feedback: '{{gate_feedback}}', said: '{{prior_context}}'}"),
        wait("w", "signal: 'paid-{{topic}}'"),
    )
    last = (step("z", "with: {status: '{{workflow_status}}', outcome: '{{workflow_outcome}}', run: '{{workflow_run_id}}'}"),)
    d.script.on("a", give({"markers": [], "context": "said", "base": "main", "topic": "no", "dry_run": "no"}))
    run_id = await d.begin(flow(*nodes, last=last, top=f"{FLAT}\n{TOPIC}"), inputs={"topic": "owls"})
    await d.run_until(run_id, "awaiting_approval")
    assert d.script.given("b") == [{"topic": "owls", "base": "main", "said": "said", "none": ""}]
    assert d.script.given("leaf") == [
        {"what": "main", "kept": "{{unknown}}", "item": ""}, {"what": "main owls", "kept": "{{item.no}}", "item": "main"},
    ]  # fmt: skip
    [open_] = (await d.call("gate.list", run_id=run_id))["gates"]
    assert open_["shown"]["prompt"].startswith('Ship main, {"items":[{"item_id":"main",')
    assert open_["shown"]["prompt"].endswith("?")
    await d.decide(run_id, "approve", feedback="fine")
    await d.run_until(run_id, "waiting")
    assert d.script.given("c") == [{"feedback": "fine", "said": "fan-out each over list: 1 completed, 0 failed, 0 skipped, 1 in all"}]
    await d.call("signal.send", run_id=run_id, name="paid-owls")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.given("z") == [{"status": "completed", "outcome": "completed", "run": run_id}]
    completed = next(
        event for event in await d.events(run_id) if event.get("node_id") == "a" and event["event"].startswith("node_completed")
    )
    assert [text.split(":")[0] for text in completed["warnings"]] == ["export_reserved", "export_reserved"]


async def test_a_loop_tells_each_turn_what_the_turns_before_have_said(d: House) -> None:
    d.script.on("a", give({"markers": ["again"], "context": "first", "n": "1"}), give({"markers": [], "context": "second", "n": "2"}))
    body = loop(
        "l", step("a", "with: {n: '{{n}}', said: '{{prior_contexts}}'}"), more='do_while: \'marker("a", "again")\', max_iterations: 3'
    )
    d.script.on("end", fail())
    run_id = await d.begin(flow(body, step("end"), last=(step("z", "with: {outcome: '{{workflow_outcome}}'}"),), top=FLAT))
    assert (await d.run_until(run_id))["status"] == "failed"
    first, second = d.script.given("a")
    assert (first, second["n"]) == ({"n": "", "said": "[]"}, "1")
    assert '"iteration":0,"context":"first","markers":["again"]' in second["said"]
    assert d.script.given("z") == [{"outcome": "failed"}]
    await d.restart(crash=True)
    assert (await d.run(run_id))["status"] == "failed"
