"""An agent under a real daemon that is killed during a call: the conversation goes on at the next start, with personas from a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.actors.agent.faulty import chat_chunk, event
from tests.process.house import House, until

pytestmark = pytest.mark.slow
HEAD = "schemas: {notes: {type: object, required: [n]}}\n"
NODE = "  - {id: draft, agent: writer, instructions: Write., artifact: {path: notes.json, schema: notes}}\n"


def _asks(name: str, **arguments: Any) -> list[bytes]:
    call = {"index": 0, "id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return [chat_chunk({"role": "assistant", "tool_calls": [call]}), chat_chunk({}, "tool_calls"), chat_chunk(usage=usage), event("[DONE]")]


class Service(ThreadingHTTPServer):
    """Answers the first call, holds the second until the test is over, and answers all others."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        number = len(self.server.asked)
        if number == 2:
            self.server.over.wait(30)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in _asks("list_dir", path=".") if number == 1 else _asks("write_file", path="notes.json", content='{"n": 1}'):
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


def test_a_daemon_that_is_killed_during_a_call_goes_on_with_the_conversation(house: House, service: Service) -> None:
    (house.folder / "personas").mkdir()
    (house.folder / "personas" / "writer.yaml").write_text("backend: stage\nmodel: some-model\nsystem: You write.\n")
    house.config.write_text(f'[backends.stage]\nbase_url = "http://127.0.0.1:{service.server_address[1]}/v1"\n')
    house.start()
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
