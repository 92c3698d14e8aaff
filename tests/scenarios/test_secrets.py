"""Secrets by handle: steps get them, and nothing that is written or said holds one, whoever says it and in whatever form."""

from __future__ import annotations

from base64 import b64encode

import pytest
from attrs import evolve

from actors.agent.provider.messages import ToolResult, UserText
from actors.config.backends import Backend
from actors.config.secrets import SecretSource
from tests.scenarios.canary import CANARY, leaks
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, Held, agent, ask, crew, persona, says, told, writes
from tests.scenarios.script import give

CODED = b64encode(f"Bearer {CANARY}".encode()).decode()


async def test_what_models_and_tools_say_is_kept_and_heard_without_secrets(d: House) -> None:
    d.models.script[:] = [
        says(f"I found {CANARY}", ("write_file", {"path": "found.txt", "content": f"the key is {CANARY}"})),
        ask("read_file", path="found.txt"),
        ask("no_such_tool", key=CODED), writes("notes.json", GOOD),
    ]  # fmt: skip
    run_id = await d.begin(crew(agent()))
    assert (await d.run_until(run_id))["status"] == "completed"
    turns = d.models.requests[-1].turns
    assert CANARY not in str(turns)
    assert "the key is [secret canary]" in next(turn.text for turn in turns if isinstance(turn, ToolResult) and "key is" in turn.text)
    assert leaks(d.places.data) == []


async def test_what_people_say_arrives_without_secrets(d: House) -> None:
    held = Held(ask("list_dir", path="."))
    d.models.script[:] = [held, writes("notes.json", GOOD)]
    run_id = await d.begin(crew(agent()), inputs={}, request_id="r1")
    await held.asked.wait()
    await d.call("agent.steer", run_id=run_id, node_id="draft", text=f"Use {CANARY}.")
    held.open()
    await d.run_until(run_id)
    [said] = [turn.text for turn in d.models.requests[-1].turns if isinstance(turn, UserText) and "MESSAGE" in turn.text]
    assert "Use [secret canary]." in said


async def test_a_persona_is_bound_without_the_secrets_in_its_file(d: House) -> None:
    persona(d, f"backend: stage\nmodel: gpt-5-mini\nsystem: 'You know {CANARY}.'\n", name="helper")
    run = await told(d, writes("notes.json", GOOD), flow=crew(agent(role="helper"), personas="  other: {backend: stage, model: m}\n"))
    assert run["status"] == "completed"
    assert d.models.requests[0].system == "You know [secret canary]."


async def test_outputs_errors_inputs_and_signals_hold_none_and_the_next_node_gets_none(d: House) -> None:
    d.script.on("a", give({"key": CANARY, "coded": [CODED]}))
    text = flow(
        step("a"),
        step("b", 'needs: [a], with: {key: "{{ nodes.a.output.key }}", given: "{{ inputs.x }}"}'),
        top="inputs: {x: {type: string}}",
    )
    run_id = await d.begin(text, inputs={"x": CANARY})
    run = await d.run_until(run_id)
    said = run["nodes"][0]["output"]
    assert said["key"] == "[secret canary]"
    assert "[secret canary]" in said["coded"][0]  # what was encoded with it may leave a few characters around
    assert run["inputs"] == {"x": "[secret canary]"}
    assert leaks(d.places.data) == []


async def test_an_unknown_secret_refuses_the_start_and_is_a_problem_of_a_dry_run(d: House) -> None:
    text = flow("{id: a, command: ['true'], env: {TOKEN: secrets.github}}")
    refused = await d.refused("run.start", text=text, folder=str(d.script.folder))
    assert refused.code == "secret_unknown"
    assert "they have: canary" in str(refused)
    run = await d.run_until(await d.begin(text, dry_run=True))
    assert run["output"]["plan"]["problems"][0]["code"] == "secret_unknown"
    d.script.on("a", give("done"))
    run = await d.run_until(await d.begin(flow(step("a", "with: {x: secrets.github}"), name="text")))
    assert run["status"] == "completed"  # only a variable takes a handle; anywhere else it is a text like others


@pytest.mark.parametrize("text", ["{{ secrets.canary }}", "token {{ secrets.canary }}"])
async def test_a_handle_stands_in_a_variable_alone(d: House, text: str) -> None:
    refused = await d.refused("run.start", text=flow(f"{{id: a, command: [echo, '{text}']}}"), folder=str(d.script.folder))
    assert "env: {TOKEN: secrets.name}" in str(refused)


async def test_the_list_names_places_and_no_values(d: House) -> None:
    rows = (await d.call("secret.list"))["secrets"]
    assert [(row["secret"], row["resolves"]) for row in rows] == [("canary", True)]
    assert CANARY not in str(rows)


PROBE = r"""
import os, sys
print(os.environ["TOKEN"])
print("names", sorted(os.environ))
print("argv", open("/proc/self/cmdline", "rb").read().decode(errors="replace"))
opened = os.listdir("/proc/self/fd")
print("fds", [fd for fd in opened if int(fd) > 2 and os.path.exists("/proc/self/fd/" + fd)])
import base64
print(base64.b64encode(b"u:" + os.environ["TOKEN"].encode()).decode(), file=sys.stderr)
"""


async def test_a_step_gets_its_secret_in_its_environment_alone_and_no_key_of_a_provider(
    real: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = real
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-provider")
    d.config = evolve(d.config, backends=(Backend("openai", "openai", "https://127.0.0.1:1", key_env="OPENAI_API_KEY"),))
    d.configure("flow", script_inherit_env=(*d.config.flow.script_inherit_env, "OPENAI_API_KEY"))
    await d.restart()
    (d.script.folder / "probe.py").write_text(PROBE)
    run_id = await d.begin(
        flow(f"{{id: a, command: [python3, -I, {d.script.folder}/probe.py], env: {{TOKEN: secrets.canary, OTHER: plain}}}}")
    )
    run = await d.run_until(run_id, within=30)
    assert run["status"] == "completed", run
    lines = run["nodes"][0]["output"].split("\n")
    assert lines[0] == "[secret canary]"
    assert run["nodes"][0]["sensitive"] is True
    assert "'TOKEN'" in lines[1]
    assert "OPENAI_API_KEY" not in lines[1]
    assert "secret" not in lines[2]
    assert lines[3] == "fds []"
    assert "[secret canary]" in str(await d.call("run.logs", run_id=run_id))
    assert leaks(d.places.data) == []


async def test_what_a_program_prints_is_known_from_the_start_wherever_it_turns_up(real: House) -> None:
    d = real
    d.config = evolve(d.config, secrets=(*d.config.secrets, SecretSource("printed", command=("echo", "printed/value+1"))))
    await d.restart()
    rows = {row["path"]: row["status"] for row in (await d.call("system.tree"))["rows"]}
    assert rows["locksmith"] == "2 secrets by handle"
    made = """{id: a, shell: 'printf "printed/%s" value+1 | od -An -v -tx1 | tr -d " "'}"""  # the text itself would not arrive
    run = await d.run_until(await d.begin(flow(made, name="other")), within=30)
    assert run["nodes"][0]["output"] == "[secret printed]"
    run = await d.run_until(
        await d.begin(flow('{id: a, shell: \'echo "$T" >&2; echo "$T"; exit 3\', env: {T: secrets.printed}}')), within=30
    )
    assert "[secret printed]" in run["nodes"][0]["error"]["message"]
    assert b"printed/value" not in b"".join(file.read_bytes() for file in d.places.data.rglob("*") if file.is_file())


async def test_a_secret_that_cannot_be_read_fails_the_step_without_a_retry(real: House) -> None:
    d = real
    d.config = evolve(d.config, secrets=(*d.config.secrets, SecretSource("gone", env="PENSTOCK_NO_SUCH_VARIABLE")))
    await d.restart()
    run = await d.run_until(await d.begin(flow("{id: a, command: ['true'], env: {TOKEN: '{{ secrets.gone }}'}}")), within=30)
    assert (run["status"], run["nodes"][0]["error"]["code"], run["nodes"][0]["attempt"]) == ("failed", "secret_unreadable", 1)
    assert "TOKEN = secrets.gone" in run["nodes"][0]["error"]["message"]
