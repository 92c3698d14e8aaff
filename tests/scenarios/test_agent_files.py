"""Agents in files: what they are told, what they answer by, and that a run holds to what it found when it was made (flow spec 7.1, 8.4)."""

from __future__ import annotations

from pathlib import Path

from actors.agent.provider.messages import UserText
from tests.scenarios.harness import House
from tests.scenarios.models import ask, says

HELPER = "---\nrole: actor\nmodel: gpt-5-mini\nbackend: stage\n---\nHelp with {{topic}}. Before you: {{prior_context}}\n"
FLOW = """penstock: 1
workflow: Asking
label: Asking
templating: flat
sequence: true
inputs: {topic: {}}
nodes:
"""
REVIEW = "fields: {note: string, verdict: 'enum(ship, hold)'}\nmarkers: {ships: verdict == ship}\n"


def put(d: House, path: str, text: str) -> Path:
    """A file of the project in which the workflow lies."""
    file = d.script.folder / ".penstock" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def flow(*nodes: str) -> str:
    return FLOW.replace("workflow: Asking", "workflow: asking") + "".join(f"  - {node}\n" for node in nodes)


def prompts(d: House) -> list[str]:
    """What each call heard last of its run."""
    return [next(turn.text for turn in reversed(request.turns) if isinstance(turn, UserText)) for request in d.models.requests]


def block(text: str) -> str:
    return f"Well.\n<<<FLOW_OUTPUT>>>\n{text}\n<<<END_FLOW_OUTPUT>>>"


async def test_fl142_a_run_holds_to_the_files_that_it_was_made_with(d: House) -> None:
    agent, snippet = put(d, "agents/helper.md", HELPER), put(d, "prompts/tone.md", "\nBe kind to {{topic}}.\n")
    schema = put(d, "schemas/review.yaml", REVIEW)
    node = "agent: helper, snippets: [tone], output_schema: review"
    text = flow(f"{{id: one, {node}}}", "{id: ask, gate: human_approval}", f"{{id: two, {node}}}")
    d.models.always = says(block('{"verdict": "ship", "note": "fine"}'))
    run_id = await d.begin(text, inputs={"topic": "tea"})
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval")
    agent.write_text(HELPER.replace("Help with", "Toil for"))
    snippet.write_text("Be rude.")
    schema.write_text(REVIEW.replace("ship, hold", "yes, no"))
    await d.restart(crash=True)
    d.models.always = says(block('{"verdict": "ship", "note": "fine"}'))
    await d.call("gate.decide", run_id=run_id, gate="ask", decision="approve")
    run = await d.run_until(run_id)
    assert run["status"] == "completed", run
    first, second = prompts(d)[0], prompts(d)[-1]
    assert "Help with tea. Before you:\n" in first
    assert "Help with tea. Before you: fine" in second
    assert "Be kind to tea." in second
    assert [node["output"] for node in run["nodes"] if node["node_id"] == "two"] == [{"verdict": "ship", "note": "fine"}]
    assert [(one["role"], one["source"]) for one in run["personas"]] == [("helper", "file")]
    d.models.always = says(block('{"verdict": "yes", "note": "new"}'))
    run_id = await d.begin(text, inputs={"topic": "tea"})
    await d.when(run_id, lambda run: run["status"] == "awaiting_approval")
    assert "Toil for tea" in prompts(d)[-1]
    assert "Be rude." in prompts(d)[-1]


async def test_an_answer_that_is_not_as_asked_for_is_told_to_the_next_attempt_and_its_markers_lead_on(d: House) -> None:
    put(d, "agents/helper.md", HELPER)
    put(d, "schemas/review.yaml", REVIEW)
    text = flow(
        "{group: [{id: look, agent: helper, retry: {max_attempts: 2}}], id: all, output_schema: review}",
        '{id: ship, agent: helper, when: "marker(\\"look\\", \\"ships\\")"}',
        '{id: stay, agent: helper, when: "marker(\\"look\\", \\"stays\\")"}',
    )
    d.models.script[:] = [
        says(block('{"verdict": "perhaps", "note": "n"}')), says(block('{"verdict": "ship", "note": "go on"}')),
        says(block('{"markers": ["shipped"], "context": "It is out."}')),
    ]  # fmt: skip
    run = await d.run_until(await d.begin(text, inputs={"topic": "tea"}))
    assert run["status"] == "completed", run
    assert await d.statuses(run["run_id"]) == {"all": "completed", "look": "completed", "ship": "completed", "stay": "skipped"}
    wanted, repaired, last = prompts(d)
    assert '"ship",\n        "hold"' in wanted
    assert "markers" not in wanted[wanted.index("JSON Schema") :]
    assert "The field verdict is 'perhaps', and may be ship, hold." in repaired
    order = ["REPAIR", "What stands above counts more", "Help with tea", "Variables, as JSON", "End your answer with exactly this block"]
    assert sorted(order, key=repaired.index) == order
    assert "Before you: go on" in last
    assert '{"markers": [], "context": ""}' in last


WF = """
workflow Ship_It {
  inputs { topic required }
  do { output = review with = tone
    call "agents/look.md" { with = more max_turns = 9 }
  }
  if look.ships { call helper { as = bot } }
  unless look.ships { call helper }
}
"""


async def test_what_a_wf_text_says_of_agents_holds(d: House) -> None:
    put(d, "workflows/Ship_It/agents/helper.md", HELPER)
    put(d, "workflows/Ship_It/prompts/tone.md", "Be kind.")
    put(d, "prompts/more.md", "Look twice at {{topic}}.")
    put(d, "schemas/review.yaml", REVIEW)
    put(d, "../agents/look.md", "---\nbackend: stage\nmodel: m\n---\nLook.")
    d.models.script[:] = [says(block('{"note": "Fit to go.", "verdict": "ship"}')), says("Shipped.")]
    run = await d.run_until(await d.begin(WF, notation="wf", inputs={"topic": "tea"}))
    assert run["status"] == "completed", run
    look, ship = prompts(d)
    dry = await d.begin(WF, notation="wf", inputs={"topic": "tea"}, dry_run=True)
    plan = (await d.run(dry))["output"]["plan"]
    [told] = [node for node in plan["nodes"] if node["node_id"] == "look"]
    names = ("agent", "persona", "snippets", "output_schema")
    assert [told[name] for name in names] == ["agents/look.md", "look", ["tone", "more"], "review"]
    assert told["prompt"] == "Look.\n\nBe kind.\n\nLook twice at tea."
    assert look.index("Look.") < look.index("Be kind.") < look.index("Look twice at tea.") < look.index('"verdict"')
    assert "Before you: Fit to go." in ship
    assert "You work as: bot" in ship
    assert [(one["role"], one["persona"]) for one in run["personas"]] == [("agents/look.md", "look"), ("helper", "helper")]
    assert [(one["kind"], one["name"]) for one in run["texts"]] == [("snippet", "tone"), ("snippet", "more"), ("schema", "review")]


async def test_an_answer_by_a_schema_is_asked_for_beside_a_file_too(d: House) -> None:
    put(d, "agents/helper.md", HELPER)
    put(d, "schemas/review.yaml", REVIEW)
    text = flow("{id: a, agent: helper, output_schema: review, artifact: a.txt, retry: {max_attempts: 2}}")
    d.models.script[:] = [
        says("", ("write_file", {"path": "a.txt", "content": "one"}), ("finish", {"summary": "done"})),
        says("", ("write_file", {"path": "a.txt", "content": "two"})), says(block('{"note": "n", "verdict": "hold"}')),
    ]  # fmt: skip
    run = await d.run_until(await d.begin(text, inputs={"topic": "tea"}))
    [node] = run["nodes"]
    assert (run["status"], node["attempt"], node["output"]) == ("completed", 2, {"note": "n", "verdict": "hold"})
    assert node["artifact"]["path"] == "a.txt"
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], failed["failure_class"]) == ("flow_output_missing", "artifact_contract_unmet")
    assert "does not end with the block" in prompts(d)[-1]
    assert len(d.models.requests) == 3


async def test_a_role_for_which_there_is_neither_persona_nor_file_says_so(d: House) -> None:
    text = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, agent: nobody}\n"
    refused = await d.refused("run.start", text=text, folder=str(d.script.folder))
    assert (refused.code, refused.data["roles"][0]["candidates"][0]["code"]) == ("role_unbound", "agent_not_found")


async def test_what_cannot_be_found_is_named_before_there_is_a_run(d: House) -> None:
    refused = await d.refused("run.start", text=flow("{id: a, agent: nobody}"), folder=str(d.script.folder), inputs={"topic": "x"})
    assert (refused.code, refused.data["name"]) == ("agent_not_found", "nobody")
    assert f"{d.script.folder}/.penstock/workflows/Asking/agents/nobody.md" in refused.data["searched"]
    put(d, "agents/helper.md", HELPER)
    put(d, "schemas/none.json", '{"type": "thing"}')
    put(d, "schemas/bad.yaml", "fields: {a: string}\nmarkers: {m: a >= 1}\n")
    for more, code in (
        ("snippets: [no]", "snippet_not_found"), ("snippets: ['../no.md']", "snippet_not_found"), ("output_schema: no", "schema_not_found"),
        ("output_schema: bad", "schema_marker_invalid"), ("output_schema: none", "schema_invalid"),
    ):  # fmt: skip
        text = flow(f"{{id: a, agent: helper, {more}}}")
        assert (await d.refused("run.start", text=text, folder=str(d.script.folder), inputs={"topic": "x"})).code == code
    put(d, "agents/helper.md", "---\nrole: boss\n---\nx")
    refused = await d.refused("run.start", text=flow("{id: a, agent: helper}"), folder=str(d.script.folder), inputs={"topic": "x"})
    assert (refused.code, refused.data["problems"][0]["code"]) == ("agent_file_invalid", "agent_role_unknown")


async def test_agents_of_runs_below_stand_in_the_same_project_and_plugins_bring_more(d: House) -> None:
    put(d, "agents/helper.md", "Help.")
    file = d.script.folder / "plugin/agents/guest.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\nmodel: m\nbackend: stage\n---\nServe.")
    await d.put(flow("{id: leaf, agent: guest, plugin_dirs: [plugin]}").replace("asking", "below").replace("Asking", "Below"))
    run_id = await d.begin(flow("{id: sub, workflow: below}"), inputs={"topic": "tea"})
    run = await d.run_until(run_id)
    assert run["status"] == "completed", run
    assert "Serve." in prompts(d)[-1]
    refused = await d.refused("run.start", text=flow("{id: a, agent: helper}"), folder=str(d.script.folder), inputs={"topic": "x"})
    assert (refused.code, refused.data["problems"][0]["code"]) == ("agent_file_invalid", "model_missing")
    run_id = await d.begin(flow("{id: a, agent: nobody}"), inputs={"topic": "tea"}, dry_run=True)
    [problem] = (await d.run(run_id))["output"]["plan"]["problems"]
    assert (problem["code"], problem["path"], problem["value"]) == ("agent_not_found", "personas", "nobody")


async def test_a_bound_that_its_agent_does_not_take_is_refused_and_ours_holds(d: House) -> None:
    put(d, "agents/helper.md", HELPER)
    text = flow("{id: a, agent: helper, as: reviewer-bot, max_turns: 2, retry: {max_attempts: 1}}")
    d.models.always = ask("list_dir", path=".")
    run = await d.run_until(await d.begin(text, inputs={"topic": "tea"}))
    assert (run["nodes"][0]["error"]["code"], len(d.models.requests)) == ("agent_turns_exhausted", 2)
    assert "You work as: reviewer-bot" in prompts(d)[0]
    d.models.puppets = ("stage",)
    refused = await d.refused("run.start", text=text, folder=str(d.script.folder), inputs={"topic": "x"})
    assert refused.code == "backend_unfit"


async def test_fl47_who_handles_a_failure_may_stand_in_a_file_and_hears_what_failed(d: House) -> None:
    put(d, "agents/helper.md", HELPER)
    medic = "---\nbackend: stage\nmodel: gpt-5-mini\n---\n{{failed_step}} | {{failure_code}} | {{retry_count}} | {{failure_reason}}"
    (d.script.folder / "medic.md").write_text(medic)
    d.models.script[:] = [says(stop="refusal", text="I will not."), says("Bandaged.")]
    text = flow("{id: a, agent: helper, retry: {max_attempts: 1}, on_fail: {agent: {path: medic.md}}}")
    run = await d.run_until(await d.begin(text, inputs={"topic": "tea"}))
    assert run["status"] == "failed"
    assert "a | model_refused | 0 | the model declined" in prompts(d)[-1]
