"""Python nodes in the daemon: async functions in the loop, sync ones in a thread."""

# ruff: noqa: ASYNC240  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.orders import ArtifactOrder, PythonOrder, WorkOrder
from actors.node.tools import NodeSettings, Tools
from tests.actors.node.support import until

Orders = Callable[..., WorkOrder]


class Folder:
    """A workflow's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str, name: str = "steps.py") -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def call(self, function: str, *, isolate: bool = False, **arguments: Any) -> PythonOrder:
        return PythonOrder(f"steps:{function}", str(self.path), arguments, isolate)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "flow")


@pytest.fixture
def at_once(tools: Tools) -> Tools:
    """Imports in the loop, so that no time limit falls into one."""
    return Tools(tools.guardian, tools.blobs, NodeSettings(inline_imports=True))


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize("isolate", [False, True])
async def test_a_function_gets_its_arguments_and_its_result_is_the_output(
    order: Orders, tools: Tools, folder: Folder, keyword: str, isolate: bool
) -> None:
    folder.write(f"{keyword} add(a, b, *, c=0):\n    return {{'sum': a + b + c, 'none': None, 'text': 'ä'}}\n")
    verdict = await perform(order(folder.call("add", isolate=isolate, a=1, b=2.5)), tools)
    assert verdict == Success({"sum": 3.5, "none": None, "text": "ä"})


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize("isolate", [False, True])
async def test_a_function_that_names_a_context_gets_it(order: Orders, tools: Tools, folder: Folder, keyword: str, isolate: bool) -> None:
    names = "run_id, node_id, attempt, workdir, run_dir, idempotency_key, gate_feedback, gate_selections"
    parts = ", ".join(f"context.{name}" for name in names.split(", "))
    folder.write(f"{keyword} tell(context):\n    context.progress('half way')\n    return [{parts}]\n")
    task = evolve(order(folder.call("tell", isolate=isolate)), gate_feedback="shorter", gate_selections=("a",))
    verdict = await perform(task, tools)
    assert verdict == Success(["run-1", "build", task.attempt, task.workdir, task.run_dir, "key-1", "shorter", ["a"]])
    assert Path(task.run_dir, "logs", f"build.1.{task.attempt}.out").read_text() == "half way\n"


@pytest.mark.parametrize("isolate", [False, True])
async def test_an_async_function_behind_a_plain_decorator_is_awaited(order: Orders, tools: Tools, folder: Folder, isolate: bool) -> None:
    folder.write(
        "import functools, trio\ndef plain(f):\n    @functools.wraps(f)\n    def inner(**kw):\n        return f(**kw)\n    return inner\n"
        "@plain\nasync def give(a):\n    await trio.lowlevel.checkpoint()\n    return a\n"
    )
    assert await perform(order(folder.call("give", isolate=isolate, a=1)), tools) == Success(1)


@pytest.mark.parametrize("isolate", [False, True])
async def test_an_argument_called_context_is_not_overruled(order: Orders, tools: Tools, folder: Folder, isolate: bool) -> None:
    folder.write("def echo(context):\n    return context\n")
    assert await perform(order(folder.call("echo", isolate=isolate, context="mine")), tools) == Success("mine")


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize("isolate", [False, True])
async def test_an_exception_is_a_failure_that_shows_where(order: Orders, tools: Tools, folder: Folder, keyword: str, isolate: bool) -> None:
    folder.write(f"def inner():\n    raise ValueError('no such\\0thing')\n\n{keyword} outer():\n    inner()\n")
    verdict = await perform(order(folder.call("outer", isolate=isolate)), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.failure_class, verdict.unknown) == ("python_raised", "execution_error", False)
    assert (verdict.detail["type"], verdict.detail["message"]) == ("ValueError", "no such\ufffdthing")
    assert "steps.py" in verdict.detail["traceback"]
    assert "line 2, in inner" in verdict.detail["traceback"]
    assert "inprocess.py" not in verdict.detail["traceback"]
    assert "runner.py" not in verdict.detail["traceback"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit(3)", "3"),
        ("class Mute(Exception):\n        def __str__(self): raise TypeError('no')\n    raise Mute", "its text cannot be had: TypeError"),
        ("raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])", "ValueError: a; KeyError: 'b'"),
    ],
)
@pytest.mark.parametrize("isolate", [False, True])
async def test_odd_exceptions_are_failures_too(order: Orders, tools: Tools, folder: Folder, body: str, message: str, isolate: bool) -> None:
    folder.write(f"def odd():\n    {body}\n")
    verdict = await perform(order(folder.call("odd", isolate=isolate)), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.detail["message"]) == ("python_raised", message)


@pytest.mark.parametrize(
    "value",
    ["object()", "(1, 2)", "{1: 2}", "float('nan')", "2 ** 63", "'\\0'", "'\\ud800'", "b'x'", "{'a': [set()]}", "['x' * 600000]",
     "['x' * 500000] * 3", "dict.fromkeys(map(str, range(10001)))"],
)  # fmt: skip
@pytest.mark.parametrize("isolate", [False, True])
async def test_what_is_no_json_is_refused_as_a_result(order: Orders, tools: Tools, folder: Folder, value: str, isolate: bool) -> None:
    folder.write(f"def give():\n    return {value}\n")
    verdict = await perform(order(folder.call("give", isolate=isolate)), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "python_result_not_json"


async def test_a_result_may_not_be_nested_without_end(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("def give():\n    value = []\n    value.append(value)\n    return value\n")
    verdict = await perform(order(folder.call("give")), tools)
    assert isinstance(verdict, Failure)
    assert "deeper than 64" in verdict.message


@pytest.mark.parametrize("isolate", [False, True])
@pytest.mark.parametrize(
    ("text", "function", "code"),
    [
        ("x = 1\n", "missing", "python_function_missing"),
        ("x = 1\n", "x", "python_function_missing"),
        ("def f(:\n", "f", "python_import_failed"),
        ("import no_such_module\n", "f", "python_import_failed"),
        ("raise RuntimeError('at import')\n", "f", "python_import_failed"),
        ("raise SystemExit\n", "f", "python_import_failed"),
    ],
)
async def test_a_module_without_the_function_or_that_cannot_be_imported_is_told(
    order: Orders, tools: Tools, folder: Folder, isolate: bool, text: str, function: str, code: str
) -> None:
    folder.write(text)
    verdict = await perform(order(folder.call(function, isolate=isolate)), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == code
    assert "_penstock_workflow" not in str(verdict)


async def test_a_wrong_argument_is_the_workflows_mistake(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("def f(a):\n    return a\n")
    verdict = await perform(order(folder.call("f", b=1)), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.detail["type"]) == ("python_raised", "TypeError")


async def test_an_async_function_is_cancelled_by_its_time_limit(order: Orders, at_once: Tools, folder: Folder) -> None:
    folder.write("import trio\nasync def stay():\n    await trio.sleep_forever()\n")
    verdict = await perform(order(folder.call("stay"), total_ms=20, idle_ms=1), at_once)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.unknown) == ("node_absolute_timeout", True)
    assert verdict.detail == {"node_id": "build", "after_ms": 20}


async def test_an_async_function_is_cancelled_from_outside(order: Orders, at_once: Tools, folder: Folder) -> None:
    folder.write(
        "import trio\nfrom pathlib import Path\nasync def stay(place):\n    Path(place, 'begun').touch()\n"
        "    try:\n        await trio.sleep_forever()\n"
        "    except trio.Cancelled:\n        Path(place, 'cancelled').touch()\n        raise\n"
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(perform, order(folder.call("stay", place=str(folder.path))), at_once)
        await until((folder.path / "begun").exists)
        nursery.cancel_scope.cancel()
    assert (folder.path / "cancelled").exists()


async def test_a_function_that_fails_while_it_is_cancelled_is_still_cancelled(order: Orders, at_once: Tools, folder: Folder) -> None:
    folder.write(
        "import trio\nasync def task():\n    try:\n        await trio.sleep_forever()\n    finally:\n        raise ValueError('x')\n"
        "async def stay():\n"
        "    async with trio.open_nursery() as nursery:\n        nursery.start_soon(task)\n        await trio.sleep_forever()\n"
    )
    verdict = await perform(order(folder.call("stay"), total_ms=20), at_once)
    assert isinstance(verdict, Failure)
    assert verdict.code == "node_absolute_timeout"


async def test_an_async_function_leaves_a_finished_artifact_when_it_runs_out_of_time(order: Orders, at_once: Tools, folder: Folder) -> None:
    folder.write(
        "import trio\nfrom pathlib import Path\nasync def work(context):\n    Path(context.workdir, 'a').write_text('x')\n"
        "    await trio.sleep_forever()\n"
    )
    verdict = await perform(order(folder.call("work"), total_ms=50, artifact=ArtifactOrder("a")), at_once)
    assert isinstance(verdict, Success)
    assert verdict.warnings[0].startswith("salvaged")


async def test_a_sync_function_is_given_up_and_its_place_is_held_until_it_returns(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("import threading\ngo = threading.Event()\ndef stay():\n    go.wait(10)\ndef release():\n    go.set()\n")
    verdict = await perform(order(folder.call("stay"), total_ms=100, artifact=ArtifactOrder("a")), tools)
    assert isinstance(verdict, Failure)
    assert verdict.detail == {"node_id": "build", "after_ms": 100, "abandoned": True}
    assert tools.threads.borrowed_tokens == 1
    await perform(order(folder.call("release")), tools)
    await until(lambda: tools.threads.borrowed_tokens == 0)


async def test_sync_functions_run_beside_the_loop(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("import threading\ndef where():\n    return threading.get_ident()\n")
    verdict = await perform(order(folder.call("where")), tools)
    assert isinstance(verdict, Success)
    assert verdict.output != threading.get_ident()


async def test_a_call_of_an_async_function_costs_microseconds(order: Orders, tools: Tools, folder: Folder) -> None:
    folder.write("async def nothing():\n    return None\n")
    task = order(folder.call("nothing"))
    await perform(task, tools)
    began = time.perf_counter()
    for _ in range(1000):
        await perform(task, tools)
    assert (time.perf_counter() - began) / 1000 < 0.0005
