"""Nodes of each kind, with real processes and threads under real time, each bounded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

FUNCTIONS = """
import os
import time

def slow(context, seconds=0):
    time.sleep(seconds)
    return {"pid": os.getpid(), "node": context.node_id}

def wrong(context):
    raise ValueError("no such luck")

def odd(context):
    return object()

def leave(context):
    raise SystemExit(3)
"""


@pytest.fixture
def fns(real: House) -> House:
    """A module for processes, which know nothing of the tests."""
    (real.script.folder / "fns.py").write_text(FUNCTIONS)
    return real


async def ended(d: House, *nodes: str, top: str = "", last: tuple[str, ...] = ()) -> dict[str, dict[str, object]]:
    """Run these nodes to their end; the nodes by id, with the run's status under `run`."""
    with trio.fail_after(30):
        run = await d.run_until(await d.begin(flow(*nodes, top=top, last=last)))
    return {node["node_id"]: node for node in run["nodes"]} | {"run": {"status": run["status"], "id": run["run_id"]}}


async def test_commands_shells_and_python_of_each_way_hand_on_their_outputs(fns: House) -> None:
    nodes = await ended(
        fns,
        step("c", 'command: [echo, "{{ inputs.who }}; rm -rf x"]'),
        step("s", 'needs: [c], shell: "printf %s {{ nodes.c.output }}"'),
        step("j", """needs: [s], shell: 'echo "{\\"n\\": 7}" > $PENSTOCK_OUTPUT'"""),
        step("t", 'needs: [j], python: "fns:slow", with: {seconds: 0.01}'),
        step("i", 'needs: [t], python: "fns:slow", isolate: true'),
        top="inputs: {who: {type: string, default: world}}",
    )
    assert nodes["run"]["status"] == "completed"
    assert (str(nodes["c"]["output"]).strip(), nodes["s"]["output"], nodes["j"]["output"]) == ("world; rm -rf x",) * 2 + ({"n": 7},)
    inside, isolated = nodes["t"]["output"], nodes["i"]["output"]
    assert isinstance(inside, dict)
    assert isinstance(isolated, dict)
    assert (inside["pid"] == os.getpid(), isolated["pid"] != os.getpid()) == (True, True)


@pytest.mark.parametrize(("node", "code"), [
    ('command: [sh, -c, "exit 3"]', "command_exit_nonzero"), ("command: [no-such-program-at-all]", "command_not_found"),
    ('python: "fns:wrong"', "python_raised"), ('python: "fns:wrong", isolate: true', "python_raised"),
    ('python: "fns:odd"', "python_result_not_json"), ('python: "fns:leave", isolate: true', "python_raised"),
    ('python: "fns:nothing"', "python_function_missing"), ('python: "nowhere:f"', "python_import_failed"),
    ('command: [sleep, "60"], timeout: 500ms', "node_absolute_timeout"),
    ('command: [sleep, "60"], idle_timeout: 500ms', "node_idle_timeout"),
])  # fmt: skip
async def test_what_goes_wrong_has_its_code_and_fails_the_run(fns: House, node: str, code: str) -> None:
    nodes = await ended(fns, step("x", node))
    error = nodes["x"]["error"]
    assert isinstance(error, dict)
    assert (nodes["run"]["status"], error["code"]) == ("failed", code)


async def test_a_handler_runs_after_the_failure_and_the_run_fails(fns: House) -> None:
    handler = 'on_fail: {command: [sh, -c, "echo {{ error.code }} > handled"]}'
    nodes = await ended(fns, step("x", f'command: [sh, -c, "exit 3"], {handler}'))
    assert nodes["run"]["status"] == "failed"
    assert nodes["x.on_fail"]["status"] == "completed"
    work = fns.places.data / "runs" / str(nodes["run"]["id"]) / "work" / "handled"
    assert work.read_text().strip() == "command_exit_nonzero"


async def test_logs_of_attempts_can_be_read(fns: House) -> None:
    nodes = await ended(fns, step("x", 'shell: "echo out; echo err >&2"'))
    logs = (await fns.call("run.logs", run_id=nodes["run"]["id"], node_id="x"))["logs"]
    assert {entry["stream"]: entry["text"] for entry in logs} == {"out": "out\n", "err": "err\n"}


def below(path: Path) -> Callable[[], list[int]]:
    """The living processes whose ids are in that file."""

    def alive() -> list[int]:
        found = []
        for pid in map(int, path.read_text().split() if path.exists() else ()):
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except FileNotFoundError:
                continue
            if state != "Z":
                found.append(pid)
        return found

    return alive


TREE = "shell: \"trap '' TERM; echo $$ >> {{ inputs.pids }}; setsid sleep 300 & echo $! >> {{ inputs.pids }}; sleep 300\""


async def until(holds: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds * 50)):
        if holds():
            return
        await trio.sleep(0.02)
    raise AssertionError(f"still not after {seconds} s")


@pytest.mark.parametrize("how", ["cancel", "stop", "crash"])
async def test_g20_processes_that_will_not_go_are_gone_with_their_run_or_daemon(fns: House, how: str) -> None:
    path = fns.folder / "pids"
    alive = below(path)
    fns.configure("nodes", kill_grace_ms=200)
    fns.configure("daemon", shutdown_grace_ms=2_000)
    await fns.restart()
    run_id = await fns.begin(flow(step("x", TREE), top="inputs: {pids: {type: string}}"), inputs={"pids": str(path)})
    await until(lambda: len(alive()) == 2, 10)
    if how == "cancel":
        await fns.call("run.cancel", run_id=run_id)
        assert alive() == []
    else:
        await (fns.stop() if how == "stop" else fns.crash())
        await until(lambda: alive() == [], 3)
    fns.history.orphans += alive()
    if how != "cancel":
        await fns.start()
        await until(lambda: len(alive()) == 2, 15)
        await fns.call("run.cancel", run_id=run_id)
        fns.history.orphans += alive()
