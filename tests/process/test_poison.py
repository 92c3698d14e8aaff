"""Whatever a run holds, reads or does: the daemon and all other runs go on, and the run says what is wrong with it (G15, F24, F37, F73)."""

from __future__ import annotations

import pytest

from tests.process.house import House

pytestmark = pytest.mark.slow
QUICK = "  - {id: a, python: 'steps:quick'}\n"


def _works(house: House) -> None:
    assert house.daemon.poll() is None
    assert house.reach(house.run(QUICK))["status"] == "completed"


@pytest.mark.parametrize(
    "name",
    [
        "odd", "odd_in_thread", "leave", "leave_in_thread", "interrupt", "interrupt_in_thread", "dig", "dig_in_thread", "group",
        "end_generator", "out_of_memory", "nested", "unprintable",
    ],
)  # fmt: skip
@pytest.mark.parametrize("isolate", [False, True])
def test_whatever_a_function_raises_fails_its_node_and_nothing_else(open_house: House, name: str, isolate: bool) -> None:
    run_id = open_house.run(f"  - {{id: a, python: 'steps:{name}', isolate: {str(isolate).lower()}}}\n")
    run = open_house.reach(run_id)
    assert run["status"] == "failed"
    error = open_house.node(run_id, "a")["error"]
    assert error["code"] != "executor_crashed", error
    assert error["message"]
    assert open_house.kinds(run_id).count("node_started") == 1
    _works(open_house)


def test_a_function_that_ends_its_process_fails_its_node_when_isolated(open_house: House) -> None:
    run_id = open_house.run("  - {id: a, python: 'steps:vanish', isolate: true}\n")
    assert open_house.reach(run_id)["status"] == "failed"
    assert open_house.node(run_id, "a")["error"]["code"]
    _works(open_house)


def test_a_huge_result_is_refused_by_name(open_house: House) -> None:
    run_id = open_house.run("  - {id: a, python: 'steps:huge'}\n")
    assert open_house.reach(run_id)["status"] == "failed"
    assert "at most" in open_house.node(run_id, "a")["error"]["message"]
    _works(open_house)


def _resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a line of the kernel's
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_a_flood_is_cut_and_costs_no_memory(open_house: House) -> None:
    before = _resident_kib(open_house.daemon.pid)
    run_id = open_house.run(
        "  - {id: one-line, command: [head, -c, 64M, /dev/zero]}\n  - {id: lines, shell: 'yes | head -c 64M'}\n"
        "  - {id: errors, shell: 'yes | head -c 64M 1>&2'}\n"
    )
    assert open_house.reach(run_id, seconds=30)["status"] == "completed"
    assert _resident_kib(open_house.daemon.pid) - before < 32 << 10
    kept = sum(path.stat().st_size for path in (open_house.data / "runs" / run_id / "logs").iterdir())
    assert kept <= 3 * (8 << 20)
    logs = open_house.call("run.logs", run_id=run_id)["logs"]
    assert {log["node_id"] for log in logs if log["truncated"]} == {"lines", "errors"}
    assert "bytes of this line left out" in next(log["text"] for log in logs if log["node_id"] == "one-line")
    _works(open_house)
