"""Scripts with real processes, written as `.wf` and run through the socket (flow spec 7.6 and 8.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio
from attrs import evolve

from actors.config.identities import Identity
from actors.config.secrets import SecretSource
from actors.flow.blocks import END, START
from tests.scenarios.harness import House
from tests.scenarios.models import crew
from tests.scenarios.test_kinds import below, until

INPUTS = {"VALID_KEY": "hello", "INVALID=KEY": "x", "title": "a'; rm -rf / #"}
HEAD = "workflow Scripts { inputs { VALID_KEY  title } "


def script(name: str, run: str, more: str = "") -> str:
    """A statement; `run` as the shell sees it."""
    text = run.replace("\\", "\\\\").replace('"', '\\"')
    return f'script {name} {{ run = "{text}" {more} }} '


def block(inner: str) -> str:
    return f"echo '{START}'; echo '{inner}'; echo '{END}'"


async def ended(d: House, *statements: str, text: str | None = None) -> dict[str, Any]:
    """The run of these statements at its end, its nodes by id."""
    with trio.fail_after(30):
        notation = {"notation": "wf"} if text is None else {}
        run_id = await d.begin(text or f"{HEAD}{''.join(statements)}}}", inputs=INPUTS if text is None else {}, **notation)
        run = await d.run_until(run_id)
    return {**run, "nodes": {node["node_id"]: node for node in run["nodes"]}}


async def completed(d: House, run: dict[str, Any], node_id: str) -> dict[str, Any]:
    events = await d.events(run["run_id"])
    return next(event for event in events if event["event"].startswith("node_completed") and event["node_id"] == node_id)


async def test_fl61_fl62_what_scripts_say(real: House) -> None:
    said = block('{"markers": ["test_passed"], "context": "step ctx", "base": "release/1"}')
    run = await ended(
        real,
        script("check", f"echo log; {said}"),
        "if check.test_passed { " + script("passed", "echo {{prior_context}} on {{base}}") + "} ",
        script("plain", "echo 'plain output'"),
        "if plain.anything { " + script("never", "echo never") + "} ",
    )
    nodes = run["nodes"]
    assert run["status"] == "completed"
    assert nodes["check"]["output"] == {"markers": ["test_passed"], "context": "step ctx", "base": "release/1"}
    assert (nodes["passed"]["output"], nodes["if.2"]["skip_reason"]) == ("step ctx on release/1", "condition_not_met")
    assert nodes["plain"]["output"] == "plain output"


async def test_fl63_fl66_fl127_what_scripts_are_told(real: House) -> None:
    run = await ended(
        real,
        script("plain", "echo 'plain output'"),
        script("told", "echo {{prior_context}}; echo {{prior_contexts}}"),
        script("vars", "echo $PENSTOCK_INPUT_VALID_KEY; env | grep INVALID || echo none"),
        script("quoted", 'echo {{title}}; echo {{unknown}}end; echo "$MINE"', 'env = { MINE = "<{{title}}{{unknown}}>" }'),
        script("large", "yes 0123456789abcde | head -c 131072; yes 0123456789abcde | head -c 131072 >&2"),
        script("odd", "printf '\\377'"),
    )
    nodes, title = run["nodes"], INPUTS["title"]
    assert run["status"] == "completed"
    context = '{"label":"plain","iteration":0,"context":"plain output","markers":[]}'
    assert nodes["told"]["output"] == f"plain output\n[{context}]"
    assert nodes["vars"]["output"] == "hello\nnone"
    assert (await completed(real, run, "vars"))["warnings"][0].startswith("input_env_name_invalid: ")
    assert nodes["quoted"]["output"] == f"{title}\nend\n<{title}>"
    assert len(nodes["large"]["output"]) == (1 << 16) - 1
    assert (nodes["odd"]["output"], (await completed(real, run, "odd"))["warnings"][-1].partition(":")[0]) == ("", "output_not_utf8")


async def test_fl67_fl128_failures_of_scripts(real: House, place: Path) -> None:
    once = f"test -e {place}/there || (touch {place}/there; exit 1)"
    run = await ended(real, script("again", once, "retries = 1"), script("wrong", "echo 'error details' >&2 && exit 1"))
    nodes = run["nodes"]
    assert (run["status"], nodes["again"]["status"], nodes["again"]["attempt"]) == ("failed", "completed", 2)
    error = nodes["wrong"]["error"]
    assert (error["code"], error["failure_class"]) == ("script_exit_nonzero", "execution_error")
    failed = next(event for event in await real.events(run["run_id"]) if event["event"] == "node_failed" and event["node_id"] == "wrong")
    assert {name: failed["error_detail"][name] for name in ("script", "exit_code", "stderr")} == {
        "script": "wrong", "exit_code": 1, "stderr": "error details",
    }  # fmt: skip


async def test_fl128_an_agent_hears_of_the_failure_of_a_script_and_the_run_fails(real: House) -> None:
    medic = "  medic: {backend: stage, model: gpt-5-mini, system: You mend.}\n"
    handler = "on_fail: {agent: medic, instructions: 'Mend {{ error.code }}.'}"
    later = "{id: later, agent: medic, instructions: Go on., needs: [wrong]}"
    run = await ended(real, text=crew(f"{{id: wrong, shell: 'exit 3', {handler}}}", later, personas=medic))
    assert (run["status"], run["nodes"]["wrong.on_fail"]["status"]) == ("failed", "completed")
    assert "Mend script_exit_nonzero." in str(real.models.requests[0].turns)


async def test_fl65_a_script_that_takes_too_long_is_ended_with_its_processes(real: House, place: Path) -> None:
    run = await ended(real, script("slow", f"echo $$ > {place}/pids; sleep 5 & echo $! >> {place}/pids; sleep 5", "timeout = 1"))
    error = run["nodes"]["slow"]["error"]
    assert (run["status"], error["code"], error["failure_class"]) == ("failed", "node_absolute_timeout", "timeout")
    await until(lambda: not below(place / "pids")(), 5)


async def test_a_script_works_as_somebody(real: House, place: Path) -> None:
    (place / "token").write_text("s3cr3t-of-the-bot\n")
    (place / "token").chmod(0o600)
    (place / "bin").mkdir()
    (place / "bin" / "own").write_text("#!/bin/sh\necho own\n")
    (place / "bin" / "own").chmod(0o700)
    bot = Identity("release-bot", {"GH_TOKEN": "secrets.bot", "STAGE": "prod"}, (str(place / "bin"),))
    real.config = evolve(
        real.config, secrets=(SecretSource("bot", file=str(place / "token")),), identities=(bot, Identity("default", {"STAGE": "none"})),
    )  # fmt: skip
    real.configure("flow", input_env_prefix="IN_")
    await real.restart()
    run = await ended(
        real,
        script("bot", "own; echo $STAGE $IN_VALID_KEY; echo $GH_TOKEN | wc -c; echo $GH_TOKEN", 'as = "release-bot"'),
        script("other", 'echo $STAGE ${GH_TOKEN-unset}; own || echo "no own"'),
    )
    said = run["nodes"]["bot"]["output"].splitlines()
    assert (said[:3], "s3cr3t" in str(run)) == (["own", "prod hello", "18"], False)
    assert run["nodes"]["other"]["output"] == "none unset\nno own"
