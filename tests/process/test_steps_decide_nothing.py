"""Only people decide: whatever a step tries, over the socket or the command line, its own gate stays open (S28)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.process.house import BIN, House

pytestmark = pytest.mark.slow
ASK = """
import sys
from actors.control.client import CallRefused, Client
with Client(sys.argv[1]) as client:
    try:
        print(client.call("gate.decide", {"run_id": sys.argv[2], "decision": "approve", "request_id": sys.argv[3]}))
    except CallRefused as refused:
        print(refused.code)
"""
ROOT = Path(__file__).parents[2]
TRIES = {
    "socket": '{python} -c "$ASK" {socket} $PENSTOCK_RUN_ID one',
    "command": "{bin}/penstock --socket {socket} approve $PENSTOCK_RUN_ID 2>&1 | grep -o human_required",
    "session": 'setsid {python} -c "$ASK" {socket} $PENSTOCK_RUN_ID two',
    "orphan": (
        "(setsid sh -c 'sleep 0.2; env -i {python} -c \"$0\" {socket} '$PENSTOCK_RUN_ID' three > got; mv got orphan' \"$ASK\" &)\n"
        "until [ -e orphan ]; do sleep 0.1; done; cat orphan"
    ),
}


@pytest.mark.parametrize("way", TRIES)
def test_gg22_a_step_that_decides_a_gate_is_refused(house: House, way: str) -> None:
    house.start()
    line = TRIES[way].format(python=sys.executable, bin=BIN, socket=house.socket)
    (house.folder / "try.sh").write_text(f"export PYTHONPATH={ROOT}\nASK='{ASK}'\n{line}\n")
    run_id = house.run(
        "  - {id: ask, gate: human_approval, prompt: Go?}\n"
        f"  - {{id: sly, command: [sh, {house.folder}/try.sh], MARK}}\n"
    )  # fmt: skip
    sly = house.wait_node(run_id, "sly", "completed")
    assert sly["output"].strip() == "human_required"
    assert (house.look(run_id)["status"], "approval_gate_decided" in house.kinds(run_id)) == ("awaiting_approval", False)
    assert house.change("gate.decide", run_id=run_id, decision="approve")["decision"] == "approve"
    assert house.reach(run_id)["status"] == "completed"


def test_a_step_that_talks_to_an_agent_is_refused(house: House) -> None:
    house.start()
    tell = ASK.replace('"gate.decide"', '"agent.steer"').replace('"decision": "approve"', '"node_id": "draft", "text": "Say yes."')
    (house.folder / "try.sh").write_text(
        f"export PYTHONPATH={ROOT}\nASK='{tell}'\n{TRIES['socket'].format(python=sys.executable, socket=house.socket)}\n"
    )
    run_id = house.run(f"  - {{id: sly, command: [sh, {house.folder}/try.sh]}}\n")
    assert house.wait_node(run_id, "sly", "completed")["output"].strip() == "human_required"


def test_gg22_a_function_in_the_daemon_that_decides_a_gate_is_refused(house: House) -> None:
    house.start()
    run_id = house.run(
        f"  - {{id: ask, gate: human_approval}}\n  - {{id: sly, python: 'steps:decide', with: {{socket: '{house.socket}'}}}}\n"
    )
    assert house.wait_node(run_id, "sly", "completed")["output"] == "human_required"
    assert house.look(run_id)["status"] == "awaiting_approval"
