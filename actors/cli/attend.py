"""Staying with a run until it ends or stands still: events to a view, gates to a person, the ending to an exit code."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen

from actors.cli import exits
from actors.cli.ending import conclude
from actors.cli.ids import new_request_id
from actors.cli.interrupts import Interrupts
from actors.cli.link import Carrier, Link
from actors.cli.tool_call import is_about_tool
from actors.cli.view import View, view_for
from actors.control.client import CallRefused, Client, Disconnected, NoDaemon, Stream

__all__ = ["Begun", "Manner", "attend"]

_TICK = 0.2
_TRIES = 5
_LAST_EVENTS = 1.0
_LOOK_S = 0.25
"""Between two looks at a run that is busy: each costs the more the more nodes it has."""
_STEPS = ("node_started", "node_completed", "node_failed", "group_started", "group_completed", "loop_iteration_started", "fan_out_")
"""Events that change what is seen of a run, and nothing of what is to be done about it."""
_FINAL = {exits.PERMISSION, exits.INTERNAL, exits.USAGE}
_STANDING = {"awaiting_approval", "waiting"}
_TERMINAL = {"completed", "blocked", "failed", "cancelled"}


@frozen
class Manner:
    """How to attend: with a person at the terminal, approving by itself, waiting although nobody can be asked, printing JSON."""

    terminal: bool
    yes: bool = False
    wait: bool = False
    as_json: bool = False

    @classmethod
    def of_terminal(cls, *, yes: bool = False, wait: bool = False, as_json: bool = False) -> Manner:
        """Look whether somebody sits there."""
        return cls(sys.stdin.isatty() and sys.stdout.isatty() and not as_json, yes, wait, as_json)


@frozen
class Begun:
    """The run to stay with, and the sequence number behind which its events are news."""

    run_id: str
    after: int = 0


def attend(link: Link, begin: Callable[[Carrier], Begun], manner: Manner) -> int:
    """Reach a daemon, `begin`, stay with the run, conclude. Ctrl-C and TERM leave the run in order."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    run: dict[str, Any] = {}
    carried = False
    begun: Begun | None = None
    try:
        with link.carrier() as carrier:
            carried = carrier.embedded
            begun = begin(carrier)
            run = _stay(carrier, begun, manner)
    except (NoDaemon, Disconnected) as error:
        if begun is None:
            raise
        text = f"the daemon went away ({error}); {begun.run_id} is recorded and goes on when a daemon starts again"
        raise exits.Told("daemon_gone", text, exits.NO_DAEMON) from None
    finally:
        signal.signal(signal.SIGTERM, previous)
    return conclude(run, embedded=carried, as_json=manner.as_json)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _stay(carrier: Carrier, begun: Begun, manner: Manner) -> dict[str, Any]:
    """The run as it was seen last, with `reasons` where it has not ended and `interrupted` when we were told to leave."""
    with Interrupts() as interrupts, carrier.client() as asking, carrier.client() as following:
        stream = Stream(following, "run.follow", {"run_id": begun.run_id, "after": begun.after})
        watch = _Watch(asking, stream, begun.run_id, manner, view_for(manner.terminal, manner.as_json), interrupts)
        try:
            watch.until_done()
        except KeyboardInterrupt:
            watch.run = {**watch.look(), "interrupted": True}
            if carrier.embedded and watch.run["status"] == "running" and not manner.as_json:
                watch.view.say("Ending in order: what is under way gets a moment. Ctrl-C again ends it at once.")
        finally:
            watch.view.close()
        if watch.run["status"] not in _TERMINAL:
            watch.run = {**watch.run, "reasons": asking.call("run.why", {"run_id": begun.run_id})["reasons"]}
        return watch.run


@define
class _Watch:
    asking: Client
    stream: Stream
    run_id: str
    manner: Manner
    view: View
    interrupts: Interrupts
    run: dict[str, Any] = field(factory=dict)
    _seen: int = 0
    _looked: float = 0.0
    _urgent: bool = False
    _answered: set[tuple[str, int]] = field(factory=set)
    _refused: dict[tuple[str, int], int] = field(factory=dict)

    def look(self) -> dict[str, Any]:
        self._looked, self._urgent = time.monotonic(), False
        self.run = dict(self.asking.call("run.get", {"run_id": self.run_id})["run"])
        return self.run

    def until_done(self) -> None:
        self.view.show(self.look())
        while not self._done():
            self.interrupts.look()
            drained = self._drain()
            if self._urgent or (self._behind() and (not drained or time.monotonic() - self._looked >= _LOOK_S)):
                self.view.show(self.look())
            elif not drained:
                self.view.tick()
            self._answer_gates()
        self._catch_up()

    def _drain(self) -> bool:
        """Take in what has happened; wait a moment when nothing has."""
        event = self.stream.poll(_TICK)
        seen = event is not None
        while event is not None:
            self._tell(event)
            event = self.stream.poll(0.0)
        return seen or self.stream.ended

    def _behind(self) -> bool:
        """Whether more has happened than was there at the last look."""
        return self.stream.ended or self._seen > self.run.get("seq", 0)

    def _tell(self, event: dict[str, Any]) -> None:
        self._seen = max(self._seen, int(event["seq"]))
        self._urgent |= not event["event"].startswith(_STEPS)
        self.view.event(event)

    def _catch_up(self) -> None:
        """The state that ends our stay may be known before the events that led to it: take those in, too."""
        while self._seen < self.run.get("seq", 0) and (event := self.stream.poll(_LAST_EVENTS)) is not None:
            self._tell(event)

    def _done(self) -> bool:
        if self.stream.ended:
            self.view.show(self.look())
            return True
        return self.run["status"] == "paused" or (self.run["status"] in _STANDING and not (self._stays() or _moves_by_itself(self.run)))

    def _stays(self) -> bool:
        """Whether somebody here goes on answering, or waits all the same. Whoever says yes to all gates has seen no use of a tool."""
        gates = [gate for node in self._open_nodes() if (gate := _open_gate(node)) is not None]
        alone = bool(gates) and all(map(is_about_tool, gates))
        return self.manner.terminal or self.manner.wait or (self.manner.yes and not alone)

    def _answer_gates(self) -> None:
        gate = next((gate for gate in map(_open_gate, self._open_nodes()) if gate is not None and self._to_answer(gate)), None)
        if gate is None:
            return
        if self.manner.yes and not is_about_tool(gate):
            self._decide(gate, {"decision": "approve" if "approve" in gate["decisions"] else gate["decisions"][0]})
        elif self.manner.terminal:
            self._ask(gate)
        self.view.show(self.look())

    def _to_answer(self, gate: dict[str, Any]) -> bool:
        unseen = is_about_tool(gate) and not self.manner.terminal
        return _key(gate) not in self._answered and not unseen

    def _open_nodes(self) -> list[dict[str, Any]]:
        """Gates that a person may answer; whether the effect of an attempt happened is asked by command alone."""
        return [node for node in self.run.get("nodes", ()) if _for_people(node) and node["gate"]["gate_name"] in self.run["open_gates"]]

    def _ask(self, gate: dict[str, Any]) -> None:
        from actors.cli.ask import Later, ask
        from actors.cli.exhibit import show_artifacts

        with self.view.suspended():
            answer = ask(gate, lambda: self._closed(gate), lambda: show_artifacts(self.asking, self.run_id, gate))
        if isinstance(answer, Later):
            raise KeyboardInterrupt
        if answer is not None:
            self._decide(gate, answer)

    def _closed(self, gate: dict[str, Any]) -> bool:
        """Whether the gate was decided elsewhere meanwhile."""
        self.interrupts.look()
        event = self.stream.poll(0.0)
        if event is None and not self.stream.ended:
            return False
        if event is not None:
            self._tell(event)
        return gate["gate_name"] not in self.look().get("open_gates", ())

    def _decide(self, gate: dict[str, Any], answer: dict[str, Any]) -> None:
        """Send the answer. When it is refused and the gate stays open, it is answered (or asked) again, a few times."""
        bound = {"run_id": self.run_id, "gate": gate["node_id"], "nonce": gate["nonce"], "shown_digest": gate["shown_digest"]}
        try:
            self.asking.call("gate.decide", {**bound, **answer, "request_id": new_request_id()})
        except CallRefused as refused:
            self.view.say(f"{refused.message} ({refused.code})")
            tries = self._refused[_key(gate)] = self._refused.get(_key(gate), 0) + 1
            if tries >= _TRIES or exits.exit_of(refused) in _FINAL:
                raise
        else:
            self._answered.add(_key(gate))


def _moves_by_itself(run: dict[str, Any]) -> bool:
    """Whether all that it waits for is time."""
    waits = [wait for wait in run.get("waits", ()) if wait["status"] == "waiting"]
    return run["status"] == "waiting" and bool(waits) and all(wait["wait_kind"] == "timer" for wait in waits)


def _for_people(node: dict[str, Any]) -> bool:
    gate = _open_gate(node)
    return gate is not None and bool(gate["decisions"]) and gate["gate_name"] != f"{node['node_id']}.outcome"


def _open_gate(node: dict[str, Any]) -> dict[str, Any] | None:
    gate: dict[str, Any] | None = node.get("gate")
    return gate


def _key(gate: dict[str, Any]) -> tuple[str, int]:
    return str(gate["gate_name"]), int(gate["instance"])
