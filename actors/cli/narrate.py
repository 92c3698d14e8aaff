"""Events in words: who, what, how long, what came out. Nonces, digests and claims are left to --json and --verbose. Prints nothing."""

from __future__ import annotations

from attrs import define, field

from actors.cli.phrases import ROOM, Event, Sentence, line, of_gate
from actors.cli.sentences_asked import OF_QUESTIONS
from actors.cli.sentences_flow import OF_FLOW
from actors.cli.sentences_learning import OF_LEARNING
from actors.cli.sentences_node import OF_NODES
from actors.cli.sentences_run import OF_RUNS
from actors.cli.sentences_worktree import OF_WORKTREES
from actors.cli.text import date_time, elapsed, time_of_day, visible

__all__ = ["SENTENCES", "Narrator", "event_line", "plain_line"]

_OWN = {"seq", "event", "at_ms"}
# What a person who watches a run learns from the lines around these, or from the last words about the run.
_SILENT = {
    "run_execution_claimed", "run_started", "run_awaiting_approval", "run_waiting", "finally_started", "report_written",
    "wait_node_registered", "worktree_planned", "worktree_removal_begun", "stateful_wait_woken_requeued", "workflow_state_changed",
}  # fmt: skip

SENTENCES: dict[str, Sentence] = {**OF_RUNS, **OF_NODES, **OF_QUESTIONS, **OF_WORKTREES, **OF_FLOW, **OF_LEARNING}


@define
class Narrator:
    """Tells one run's events in their order; it remembers when each node began, and nothing else."""

    _began: dict[str, int] = field(factory=dict)

    def words(self, event: Event) -> str:
        """One event as a short sentence without time and number. Of an event that it does not know: its name and short fields."""
        name = str(event["event"])
        if name == "node_started":
            self._began[event["node_id"]] = event["at_ms"]
        if event.get("unreadable"):
            return f"{name} (cannot be read)"
        tell = SENTENCES.get(name)
        try:
            return visible(tell(event, self.took(event))) if tell is not None else plain_fields(event)
        except (KeyError, TypeError, AttributeError):  # an event of another version: its fields are shown as they are
            return plain_fields(event)

    def took(self, event: Event) -> str:
        """` in 0.4s`, or nothing where the start was not seen."""
        began = self._began.get(event.get("node_id", ""))
        return "" if began is None else f" in {elapsed(event['at_ms'] - began)}"

    def live_line(self, event: Event) -> str | None:
        """The line for somebody who watches: time of day and words; None for what does not interest him."""
        words = self.words(event)
        silent = event["event"] in _SILENT or of_gate(event)
        return None if silent else f"{time_of_day(event['at_ms'])}  {words}"


def event_line(narrator: Narrator, event: Event) -> str:
    """Sequence number, date and time, words."""
    return f"{event['seq']:>5}  {date_time(event['at_ms'])}  {narrator.words(event)}"


def plain_line(event: Event) -> str:
    """Sequence number, date and time, the event's name and all its fields."""
    return f"{event['seq']:>5}  {date_time(event['at_ms'])}  {plain_fields(event, room=None)}"


def plain_fields(event: Event, room: int | None = ROOM) -> str:
    """The event's name, and `key=value` of each field that is not empty."""
    fields = (f"{key}={line(value, room)}" for key, value in event.items() if key not in _OWN and value not in (None, "", [], {}))
    return visible(" ".join([str(event["event"]), *fields]))
