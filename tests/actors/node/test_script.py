"""A shell node: its block, its variables, and how its failures are called (flow spec 7.6)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from actors.config import Config
from actors.flow.blocks import END, START
from actors.node import failures
from actors.node.environment import for_script
from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.orders import CommandOrder, ScriptOrder, WorkOrder
from actors.node.script import as_script
from actors.node.tools import Tools
from actors.secrets.vault import Vault
from tests.actors.node.support import sh

Orders = Callable[..., WorkOrder]
SCRIPT = ScriptOrder("build")


def script(text: str, **more: Any) -> CommandOrder:
    return sh(text, script=evolve(SCRIPT, **more))


async def done(order: WorkOrder, tools: Tools) -> Success:
    verdict = await perform(order, tools)
    assert isinstance(verdict, Success), verdict
    return verdict


async def failed(order: WorkOrder, tools: Tools) -> Failure:
    verdict = await perform(order, tools)
    assert isinstance(verdict, Failure), verdict
    return verdict


def block(inner: str) -> str:
    return f"echo '{START}'; echo '{inner}'; echo '{END}'"


BLOCK = block('{"markers": ["ok"], "base": "main"}')
FOUND = {"markers": ["ok"], "context": "", "base": "main"}


async def test_the_block_on_stdout_is_the_output_and_wins_over_the_file(order: Orders, tools: Tools) -> None:
    assert await done(order(script(f"echo before; {BLOCK}; echo after")), tools) == Success(FOUND)
    verdict = await done(order(script(f"{BLOCK}; echo 7 > $PENSTOCK_OUTPUT")), tools)
    assert verdict.output == FOUND
    assert verdict.warnings[0].startswith("output_file_ignored: ")
    assert (await done(order(sh(BLOCK)), tools)).output.startswith(START)  # a command's output is what it has written


@pytest.mark.parametrize("lines", [40_000, 400_000])  # what is kept of the beginning, and more than that
async def test_the_block_is_found_behind_a_lot_of_output(order: Orders, tools: Tools, lines: int) -> None:
    assert (await done(order(script(f"yes 'ein Stück' | head -n {lines}; {BLOCK}")), tools)).output == FOUND
    if lines > 100_000:
        assert (await done(order(script(f"{BLOCK}; yes x | head -c 6M")), tools)).output == FOUND


async def test_the_file_is_read_as_json_or_as_a_block(order: Orders, tools: Tools) -> None:
    assert (await done(order(script("echo said; echo '{\"a\": 1}' > $PENSTOCK_OUTPUT")), tools)).output == {"a": 1}
    assert (await done(order(script(f"({BLOCK}) > $PENSTOCK_OUTPUT")), tools)).output == FOUND
    assert (await failed(order(script(f"echo '{START}' > $PENSTOCK_OUTPUT")), tools)).code == "output_invalid_json"


async def test_as_json_the_whole_of_stdout_is_asked_for(order: Orders, tools: Tools) -> None:
    assert (await failed(order(script(BLOCK), output="json"), tools)).code == "output_invalid_json"
    assert (await done(order(script("echo '[1]'"), output="json"), tools)).output == [1]
    assert (await done(order(script("echo 2 > $PENSTOCK_OUTPUT"), output="json"), tools)).output == 2
    assert (await done(order(script("printf 'a\\nb\\n'"), output="lines"), tools)).output == ["a", "b"]


@pytest.mark.parametrize(
    "text", [f"printf '\\377'; {BLOCK}", "head -c 3M /dev/zero; printf '\\377'", "printf '\\377'; head -c 3M /dev/zero"]
)
async def test_what_is_no_utf8_counts_as_nothing(order: Orders, tools: Tools, text: str) -> None:
    verdict = await done(order(script(text)), tools)
    assert (verdict.output, verdict.warnings[0].partition(":")[0]) == ("", "output_not_utf8")


async def test_what_is_no_utf8_does_not_hide_the_file(order: Orders, tools: Tools) -> None:
    assert (await done(order(script("printf '\\377'; echo 7 > $PENSTOCK_OUTPUT")), tools)).output == 7


async def test_a_character_that_is_cut_by_us_is_no_fault(order: Orders, tools: Tools) -> None:
    for line in ("äää", "aää", "aaäää"):
        verdict = await done(order(script(f"yes {line} | head -n 900000")), tools)
        assert (verdict.output[:6], [word.partition(":")[0] for word in verdict.warnings]) == (f"{line}\n{line}"[:6], ["output_truncated"])


async def test_a_block_that_is_too_large_is_refused(order: Orders, tools: Tools) -> None:
    many = "for i in 1 2 3; do printf '\"'; head -c 400000 /dev/zero | tr '\\0' x; printf '\",'; done"
    failure = await failed(order(script(f"echo '{START}'; printf '{{\"a\": ['; {many}; echo '0]}}{END}'")), tools)
    assert (failure.code, failure.failure_class) == ("output_too_large", "artifact_contract_unmet")


@pytest.mark.parametrize("inner", ["[1]", '{"markers": "ok"}', "{no json}"])
async def test_a_block_that_cannot_be_read_is_none_and_that_is_said(order: Orders, tools: Tools, inner: str) -> None:
    verdict = await done(order(script(block(inner))), tools)
    assert verdict.output == f"{START}\n{inner}\n{END}"
    assert [warning.partition(":")[0] for warning in verdict.warnings] == ["flow_output_unreadable"]
    assert (await done(order(script(f"echo '{START} is a tag'")), tools)).warnings == ()


async def test_its_variables(order: Orders, tools: Tools) -> None:
    tools.base_env.clear()
    tools.base_env |= {"PATH": os.environ["PATH"], "LANG": "C", "HOME": "/h"}
    task = script(
        "env", inputs={"valid_key": "hello", "INVALID=KEY": "x", "odd-name": "y", "item.id": "z", "home": "input"}, prefix="IN_",
        provided={"LANG": "de", "GH_TOKEN": "t", "IN_HOME": "provided", "OWN": "provided"}, path=("/opt/a", "/opt/b"),
    )  # fmt: skip
    verdict = await done(order(evolve(task, env={"OWN": "declared", "PATH": "/x"})), tools)
    found = dict(line.split("=", 1) for line in verdict.output.splitlines())
    wanted = {
        "LANG": "de", "GH_TOKEN": "t", "IN_HOME": "input", "IN_VALID_KEY": "hello", "OWN": "declared", "HOME": "/h",
        "PATH": f"/opt/a:/opt/b:{os.environ['PATH']}",
    }  # fmt: skip
    assert {name: found.get(name) for name in wanted} == wanted
    assert not [name for name in found if "INVALID" in name or "ODD" in name or "ITEM" in name]
    assert [warning.partition(":")[0] for warning in verdict.warnings] == ["input_env_name_invalid", "env_name_refused"]
    assert "'INVALID=KEY', 'odd-name'; " in verdict.warnings[0]


def test_a_prefix_leads_to_no_variable_that_is_refused() -> None:
    order = ScriptOrder("s", {"path": "/evil", "output": "x", "ath": "/evil"}, "P")
    assert for_script({"PATH": "/bin"}, order, {}) == ({"PATH": "/bin", "PPATH": "/evil", "POUTPUT": "x"}, [
        "env_name_refused: the variable 'PATH' was not passed on, because it is reserved or changes which code runs",
    ])  # fmt: skip
    env, warnings = for_script({}, ScriptOrder("s", {"output": "x"}, "PENSTOCK_"), {})
    assert (env, len(warnings)) == ({}, 1)


def test_an_input_that_no_variable_can_hold_is_left_out() -> None:
    env, warnings = for_script({}, ScriptOrder("s", {"a": "x" * (128 << 10), "b": "\0", "c": "fine"}, path=("/only",)), {"S": "secret"})
    assert env == {"S": "secret", "PATH": "/only", "PENSTOCK_INPUT_C": "fine"}
    assert [warning.partition(" was not")[0] for warning in warnings] == [
        "input_env_value_invalid: the input 'a'", "input_env_value_invalid: the input 'b'",
    ]  # fmt: skip


async def test_the_longest_input_reaches_it(order: Orders, tools: Tools) -> None:
    value = "x" * ((128 << 10) - len("PENSTOCK_INPUT_A=") - 1)
    assert (await done(order(script('printf "%s" "$PENSTOCK_INPUT_A" | wc -c', inputs={"a": value})), tools)).output == str(len(value))


async def test_its_failures_have_names_of_their_own(order: Orders, tools: Tools) -> None:
    failure = await failed(order(script("echo 'error details' >&2; exit 3")), tools)
    assert (failure.code, failure.failure_class) == ("script_exit_nonzero", "execution_error")
    assert failure.detail == {"script": "build", "exit_code": 3, "stderr": "error details"}
    assert failure.message == "script 'build': the command ended with exit code 3: error details"
    killed = await failed(order(script("kill -9 $$", inputs={"a-b": ""})), tools)
    assert (killed.code, killed.detail["exit_code"], killed.detail["signal"]) == ("script_exit_nonzero", -1, "SIGKILL")
    assert killed.detail["warnings"][0].startswith("input_env_name_invalid: ")
    assert (await failed(order(script("x" * (1 << 18))), tools)).code == "script_not_started"
    assert (await failed(order(script("true\0")), tools)).code == "script_not_started"


def test_what_happens_to_the_machinery_is_told_apart() -> None:
    lost = as_script(failures.lost(), SCRIPT)
    assert (lost.code, lost.unknown, lost.detail) == ("script_wait_failed", True, {"script": "build"})
    missing = as_script(failures.workdir_missing("/w", 2), SCRIPT, ["noted"])
    assert (missing.code, missing.detail["warnings"]) == ("workdir_missing", ["noted"])


async def test_a_secret_of_its_identity_that_cannot_be_had_fails_it(order: Orders, tools: Tools) -> None:
    tools.vault = Vault(Config(), {})
    failure = await failed(order(script("true", secrets={"TOKEN": "gone"})), tools)
    assert (failure.code, failure.failure_class) == ("secret_unknown", "configuration")
