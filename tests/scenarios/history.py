"""What clients asked, and what they know of it: the record that invariants are checked against."""

from __future__ import annotations

from typing import Any, Literal

from attrs import define, field, frozen

from supervision import KernelEvent

__all__ = ["CHANGING", "Followed", "History", "Life", "Op"]

CHANGING = frozenset((
    "workflow.put", "workflow.delete", "run.start", "run.pause", "run.resume", "run.cancel", "run.retry", "run.requeue",
    "run.continue", "run.recover", "run.repair", "run.fork", "run.finish", "gate.decide", "signal.send",
    "wait.resolve", "webhook.deliver", "actor.tell", "store.backup", "scheduler.throttle", "workflow.restore", "workflow.pause",
    "workflow.activate", "schedule.pause", "schedule.resume", "handoff.approve", "dead_letter.retry", "dead_letter.ignore",
    "dead_letter.compensate", "dead_letter.resolve", "run.purge", "run.export", "run.import", "projection.remove", "persona.consent",
    "persona.withdraw", "agent.steer", "worktree.remove", "campaign.create", "campaign.act", "campaign.apply", "campaign.delete",
))  # fmt: skip


@define(eq=False)
class Op:
    """One request. `ok`: a result came. `fail`: a refusal came. `unknown`: the connection broke before any answer."""

    number: int
    method: str
    params: dict[str, Any]
    began_s: float
    life: int
    outcome: Literal["open", "ok", "fail", "unknown"] = "open"
    result: dict[str, Any] = field(factory=dict)
    code: str = ""
    data: dict[str, Any] = field(factory=dict)
    ended_s: float = 0.0

    @property
    def changing(self) -> bool:
        return self.method in CHANGING

    @property
    def request_id(self) -> str:
        return str(self.params.get("request_id", ""))


@frozen
class Followed:
    """What one subscription brought, from behind `after`."""

    run_id: str
    after: int
    events: list[dict[str, Any]]


@define(eq=False)
class Life:
    """One daemon from its start to its end. `ending`: how the test ended it; `took_s` how long an orderly end took, virtual seconds."""

    number: int
    began_s: float
    ending: Literal["running", "orderly", "crash", "refused", "failed"] = "running"
    took_s: float = 0.0
    kernel: list[tuple[float, KernelEvent]] = field(factory=list)
    mailboxes: list[tuple[str, int, int]] = field(factory=list)


@define(eq=False)
class History:
    """All that was asked of one folder's daemons, and all that was seen of them.

    `logs` are pictures of all logs, one taken after each life. `effects` are the calls of python nodes, `overlaps` those that were at
    work twice. `faults` are times in which the disk took nothing, `refused_starts` hashes of the data before and after such a start,
    `orphans` processes that a dead daemon left, `unread` runs whose log a test broke when nobody would read it again.
    """

    ops: list[Op] = field(factory=list)
    followed: list[Followed] = field(factory=list)
    lives: list[Life] = field(factory=list)
    logs: list[dict[str, list[tuple[int, str, bytes]]]] = field(factory=list)
    faults: list[tuple[float, float]] = field(factory=list)
    overlaps: list[str] = field(factory=list)
    effects: list[dict[str, Any]] = field(factory=list)
    orphans: list[int] = field(factory=list)
    refused_starts: list[tuple[str, str]] = field(factory=list)
    unread: set[str] = field(factory=set)
    jumps: list[int] = field(factory=list)

    def forget_unread(self) -> None:
        """Nothing can be said of runs whose logs were broken on purpose."""
        gone = self.unread
        self.ops = [op for op in self.ops if op.params.get("run_id") not in gone and op.result.get("run_id") not in gone]
        self.effects = [line for line in self.effects if line["run"] not in gone]
        self.logs = [{name: log for name, log in picture.items() if name not in gone} for picture in self.logs]
        self.followed = [followed for followed in self.followed if followed.run_id not in gone]

    @property
    def jumped(self) -> bool:
        return bool(self.jumps)

    @property
    def clock_went_back(self) -> bool:
        return any(ms < 0 for ms in self.jumps)

    def ok(self, *methods: str) -> list[Op]:
        """Acknowledged operations, in the order in which they were asked."""
        return [op for op in self.ops if op.outcome == "ok" and op.method in methods]
