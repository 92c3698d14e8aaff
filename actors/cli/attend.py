"""Staying with a run until it ends or stands still: events to a view, gates to a person, the ending to an exit code."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import define, field, frozen

from actors.cli import exits
from actors.cli.ending import conclude
from actors.cli.ids import new_request_id
from actors.cli.interrupts import Interrupts
from actors.cli.link import Carrier, Link
from actors.cli.questions import Question, Standing, standing_of
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
    _standing: Standing = field(factory=Standing)
    _answered: set[tuple[str, str, int]] = field(factory=set)
    _refused: dict[tuple[str, str, int], int] = field(factory=dict)

    def look(self) -> dict[str, Any]:
        self._looked, self._urgent = time.monotonic(), False
        self.run = self._run(self.run_id)
        self._standing = standing_of(self.run, self._run)
        return self.run

    def _run(self, run_id: str) -> dict[str, Any]:
        return dict(self.asking.call("run.get", {"run_id": run_id})["run"])

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
        return self.run["status"] == "paused" or (self.run["status"] in _STANDING and not (self._stays() or self._standing.moves))

    def _stays(self) -> bool:
        """Whether somebody here goes on answering, or waits all the same. Whoever says yes to all gates has seen no use of a tool."""
        questions = self._standing.questions
        alone = bool(questions) and all(question.about_tool for question in questions)
        return self.manner.terminal or self.manner.wait or (self.manner.yes and not alone)

    def _answer_gates(self) -> None:
        open_ = [question for question in self._standing.questions if self._to_answer(question)]
        for question in open_ if self.manner.yes else open_[:1]:
            if self.manner.yes and not question.about_tool:
                words = question.gate["decisions"]
                self._decide(question, {"decision": "approve" if "approve" in words else words[0]})
            elif self.manner.terminal:
                self._ask(question)
        if open_:
            self.view.show(self.look())

    def _to_answer(self, question: Question) -> bool:
        unseen = question.about_tool and not self.manner.terminal
        return question.key not in self._answered and not unseen

    def _ask(self, question: Question) -> None:
        from actors.cli.ask import Later, ask
        from actors.cli.exhibit import show_artifacts

        where = "" if question.run_id == self.run_id else f" of {question.run_id}, which this run waits for"
        with self.view.suspended():
            show = partial(show_artifacts, self.asking, question.run_id, question.gate)
            answer = ask(question.gate, lambda: self._closed(question), show, where)
        if isinstance(answer, Later):
            raise KeyboardInterrupt
        if answer is not None:
            self._decide(question, answer)

    def _closed(self, question: Question) -> bool:
        """Whether the gate was decided elsewhere meanwhile."""
        self.interrupts.look()
        event = self.stream.poll(0.0)
        if event is None and not self.stream.ended:
            return False
        if event is not None:
            self._tell(event)
        self.look()
        return question.key not in {one.key for one in self._standing.questions}

    def _decide(self, question: Question, answer: dict[str, Any]) -> None:
        """Send the answer. When it is refused and the gate stays open, it is answered (or asked) again, a few times."""
        gate = question.gate
        bound = {"run_id": question.run_id, "gate": gate["node_id"], "nonce": gate["nonce"], "shown_digest": gate["shown_digest"]}
        try:
            self.asking.call("gate.decide", {**bound, **answer, "request_id": new_request_id()})
        except CallRefused as refused:
            self.view.say(f"{refused.message} ({refused.code})")
            tries = self._refused[question.key] = self._refused.get(question.key, 0) + 1
            if tries >= _TRIES or exits.exit_of(refused) in _FINAL:
                raise
        else:
            self._answered.add(question.key)
