"""An agent under a real daemon that is killed during a call, or a command: the conversation goes on at the next start."""

from __future__ import annotations

import json
import platform
import shutil
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from actors.agent.tools.seccomp import program
from tests.actors.agent.faulty import chat_chunk, event
from tests.process.house import House, until

pytestmark = pytest.mark.slow
HEAD = "schemas: {notes: {type: object, required: [n]}}\n"
NODE = "  - {id: draft, agent: writer, instructions: Write., artifact: {path: notes.json, schema: notes}}\n"


def _asks(name: str, **arguments: Any) -> list[bytes]:
    call = {"index": 0, "id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return [chat_chunk({"role": "assistant", "tool_calls": [call]}), chat_chunk({}, "tool_calls"), chat_chunk(usage=usage), event("[DONE]")]


LOOKS = _asks("list_dir", path=".")
WRITES = _asks("write_file", path="notes.json", content='{"n": 1}')


class Service(ThreadingHTTPServer):
    """Answers each call with what the test has written for it; None: holds it until the test is over."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.answers: list[list[bytes] | None] = [LOOKS, None, WRITES]
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        answer = self.server.answers.pop(0)
        if answer is None:
            self.server.over.wait(30)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in answer:
            self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join(5)


def furnish(house: House, service: Service, more: str = "", **env: str) -> None:
    """The persona in a file, the service in the settings, and a daemon."""
    (house.folder / "personas").mkdir()
    (house.folder / "personas" / "writer.yaml").write_text(f"backend: stage\nmodel: some-model\nsystem: You write.\n{more}")
    house.config.write_text(f'[backends.stage]\nbase_url = "http://127.0.0.1:{service.server_address[1]}/v1"\n')
    house.start(env=env)


def test_a_daemon_that_is_killed_during_a_call_goes_on_with_the_conversation(house: House, service: Service) -> None:
    furnish(house, service)
    run_id = house.run(NODE, head=HEAD)
    until(lambda: len(service.asked) == 2, 10.0, lambda: house.look(run_id))
    house.kill()
    house.start()
    run = house.reach(run_id)
    assert (run["status"], run["nodes"][0]["output"], len(service.asked)) == ("completed", {"n": 1}, 3)
    assert service.asked[2]["messages"] == service.asked[1]["messages"]
    answer = house.call("ledger.run", run_id=run_id)
    assert [(row["status"], row.get("error_code"), row["priced"]) for row in answer["calls"]] == [
        ("ok", None, False), ("error", "call_lost", True), ("ok", None, False),
    ]  # fmt: skip
    assert (answer["totals"]["unpriced"], run["total_tokens"], run["unpriced"]) == (2, 220, True)
    house.end()


def test_a_command_under_way_when_the_daemon_is_killed_is_not_run_again(house: House, service: Service) -> None:
    effect = house.folder / "effect"
    run = _asks("run_command", argv=["sh", "-c", f"echo once >> {effect}; sleep 300"], timeout_s=600)
    service.answers[:] = [run, WRITES]
    furnish(house, service, "tools: [run_command]\nsandbox: none\n")
    run_id = house.run(NODE, head=HEAD)
    until(lambda: house.call("gate.list", run_id=run_id)["gates"], 10.0, lambda: house.look(run_id))
    [gate] = house.call("gate.list", run_id=run_id)["gates"]  # outside of a sandbox somebody is asked first
    house.call("gate.decide", run_id=run_id, decision="approve", shown_digest=gate["shown_digest"], request_id="once")
    until(effect.exists, 10.0, lambda: house.look(run_id))
    house.kill()
    house.start()
    ended = house.reach(run_id)
    assert (ended["status"], effect.read_text()) == ("completed", "once\n")
    [told] = [said["content"] for said in service.asked[1]["messages"] if said["role"] == "tool"]
    assert "uncertain" in told
    uses = house.call("tool.list", run_id=run_id)["uses"]
    assert [(row["tool"], row["state"]) for row in uses] == [("run_command", "uncertain"), ("write_file", "ok")]
    house.end()


def test_without_a_sandbox_a_command_is_refused(house: House, service: Service) -> None:
    service.answers[:] = [_asks("run_command", argv=["touch", "made"]), WRITES]
    furnish(house, service, "tools: [run_command]\n", PATH=str(house.folder))
    run_id = house.run(NODE, head=HEAD)
    assert house.reach(run_id)["status"] == "completed"
    assert house.call("tool.list", run_id=run_id)["uses"][0]["state"] == "denied"
    assert not (house.data / "runs" / run_id / "work" / "made").exists()
    house.end()


@pytest.mark.skipif(
    shutil.which("bwrap") is None or program(platform.machine()) is None,
    reason="bubblewrap is not installed, or this machine has no filter: that a daemon's commands stand behind it is not seen",
)
def test_a_command_in_its_sandbox_stands_behind_the_filter_of_the_data_folder(house: House, service: Service) -> None:
    service.answers[:] = [_asks("run_command", argv=["grep", "Seccomp:", "/proc/self/status"]), WRITES]
    furnish(house, service, "tools: [run_command]\n")
    run_id = house.run(NODE, head=HEAD)
    assert house.reach(run_id)["status"] == "completed"
    [told] = [said["content"] for said in service.asked[1]["messages"] if said["role"] == "tool"]
    assert "Seccomp:\t2" in told
    laid = house.data / "sandbox.bpf"
    assert (laid.read_bytes(), stat.S_IMODE(laid.stat().st_mode)) == (program(platform.machine()), 0o600)
    house.end()
