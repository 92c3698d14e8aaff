"""W6: the daemon carried by this process, its socket, one run of one step, followed to its end by a client of the socket."""

# ruff: noqa: E402  # the clock starts before the imports, and the repository lies one folder up

from __future__ import annotations

import sys
import time
from pathlib import Path

BEGAN = time.perf_counter()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from actors.config.settings import Config
from actors.control.client import Client, Stream
from actors.daemon import embedded
from actors.paths import resolve

IMPORTED = time.perf_counter() - BEGAN

from drivers import done
from flows import FOLDER, chain
from gauge import Arguments

__all__ = ["hello"]


def hello(a: Arguments) -> None:
    places = resolve({}, data=a.db, config=Path(a.db, "none.toml"))
    with embedded(places, Config()):
        up = time.perf_counter() - BEGAN
        with Client(places.socket) as client, Client(places.socket) as other:
            asked = {"text": chain(a.steps), "notation": "json", "folder": FOLDER, "request_id": "hello"}
            run_id = client.call("run.start", asked)["run_id"]
            last = [event["event"] for event in Stream(other, "run.follow", {"run_id": run_id})][-3:]
            assert "run_completed" in last, last
            done(import_ms=round(IMPORTED * 1e3, 1), up_ms=round(up * 1e3, 1))
