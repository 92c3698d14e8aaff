"""Isolated python nodes: a process of their own, with all that holds for one."""

# ruff: noqa: ASYNC240  # tests look at the disk between two steps: nothing else waits for the loop

from __future__ import annotations

import time
from pathlib import Path

import pytest

from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.tools import Tools
from tests.actors.node.test_python_calls import Folder, Orders


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "flow")


async def test_an_isolated_function_may_crash_its_process(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("import os\ndef crash():\n    os.kill(os.getpid(), 11)\ndef leave():\n    os._exit(0)\ndef refuse():\n    os._exit(5)\n")
    codes = [(await perform(order(folder.call(name, isolate=True)), tools)).code for name in ("crash", "leave", "refuse")]  # type: ignore[union-attr]  # a Success would fail the test
    assert codes == ["command_killed", "python_result_missing", "command_exit_nonzero"]


async def test_an_isolated_function_that_runs_out_of_time_is_killed(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("import time\ndef stay():\n    time.sleep(1000)\n")
    began = time.monotonic()
    verdict = await perform(order(folder.call("stay", isolate=True), total_ms=100, idle_ms=1), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "node_absolute_timeout"
    assert time.monotonic() - began < 3


async def test_what_an_isolated_function_prints_is_in_the_log_and_nowhere_else(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("print('loading')\ndef talk():\n    print('talking')\n    return 1\n")
    task = order(folder.call("talk", isolate=True))
    assert await perform(task, tools) == Success(1)
    assert Path(task.run_dir, "logs", f"build.1.{task.attempt}.out").read_text() == "loading\ntalking\n"


@pytest.mark.parametrize("isolate", [False, True])
async def test_a_workflow_may_have_a_module_of_our_own_name(order: Orders, tools: Tools, folder: Folder, isolate: bool) -> None:
    folder.write("NAME = 'theirs'\n", "actors.py")
    folder.write("import actors\ndef give():\n    return actors.NAME\n")
    assert await perform(order(folder.call("give", isolate=isolate)), tools) == Success("theirs")


async def test_an_isolated_function_has_the_environment_of_a_step(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("import os\ndef env():\n    return {k: v for k, v in os.environ.items() if k.startswith('PENSTOCK')}\n")
    task = order(folder.call("env", isolate=True))
    verdict = await perform(task, tools)
    assert isinstance(verdict, Success)
    assert (verdict.output["PENSTOCK_ATTEMPT"], verdict.output["PENSTOCK_IDEMPOTENCY_KEY"]) == (task.token, "key-1")


@pytest.mark.parametrize("report", ["{", "[]", '{"raised": {}}', '{"raised": 1}', '{"else": 1}'])
async def test_a_report_that_nobody_can_read_is_none(order: Orders, tools: Tools, folder: Folder, report: str) -> None:
    folder.write(
        "import os\ndef forge(text):\n"
        "    with open(os.environ['PENSTOCK_OUTPUT'], 'w') as file:\n        file.write(text)\n    os._exit(0)\n"
    )
    verdict = await perform(order(folder.call("forge", isolate=True, text=report)), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "python_result_missing"
