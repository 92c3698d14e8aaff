"""The table of control methods: name, parameters, whether it changes anything, who may call it, whether it is served under overload.

The runtime's method has the same name with an underscore for the dot. Subscriptions and the ping are served by the session itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve, frozen

from actors.control import params as p
from actors.control import params_agents as a
from actors.control import params_campaigns as c
from actors.control import params_histories as h
from actors.control import params_letters as letters
from actors.control import params_unattended as u
from actors.control import params_worktrees as w

__all__ = ["DECIDE", "HISTORY_FOLLOW", "METHODS", "PING", "RUN_FOLLOW", "SYSTEM_FOLLOW", "Method", "Scope"]

Scope = Literal["read", "operate", "approve"]

PING = "system.ping"
DECIDE = "gate.decide"
RUN_FOLLOW = "run.follow"
HISTORY_FOLLOW = "projection.follow"
SYSTEM_FOLLOW = "system.follow"

_PATIENT = 600.0


@frozen
class Method:
    """One row. `changing` methods take a request_id; `reserved` ones have slots of their own; `deadline` is in seconds.

    `aside`: a reading method that waits for a thread or another actor. `approving` are values of its `action` that approvers ask for.
    """

    name: str
    params: type[Any]
    changing: bool = False
    scope: Scope = "read"
    reserved: bool = False
    deadline: float = 30.0
    aside: bool = False
    approving: tuple[str, ...] = ()

    def asked_with(self, params: Mapping[str, Any]) -> Method:
        """The row as it holds for these parameters, which may be anything."""
        action = params.get("action")
        decides = isinstance(action, str) and action.strip().lower() in self.approving
        return evolve(self, scope="approve") if decides else self

    @property
    def looks(self) -> bool:
        """Whether all that it does is to look, within one turn of the loop."""
        return not self.changing and self.scope == "read" and not self.aside

    @property
    def attribute(self) -> str:
        """The name of the runtime's method."""
        return self.name.replace(".", "_")


_ROWS = (
    Method(PING, p.Nothing, reserved=True),
    Method("system.info", p.Nothing, reserved=True),
    Method("system.tree", p.Nothing),
    Method("system.metrics", p.SystemMetrics, aside=True),
    Method("system.shutdown", p.SystemShutdown, scope="operate", reserved=True),
    Method(SYSTEM_FOLLOW, p.Nothing),
    Method("workflow.check", p.WorkflowText, aside=True),
    Method("workflow.put", p.WorkflowText, changing=True, scope="operate"),
    Method("workflow.get", p.WorkflowGet),
    Method("workflow.list", p.WorkflowList),
    Method("workflow.versions", p.WorkflowOnly),
    Method("workflow.delete", p.WorkflowDelete, changing=True, scope="operate"),
    Method("workflow.restore", p.WorkflowOnly, changing=True, scope="operate"),
    Method("workflow.pause", u.WorkflowSteer, changing=True, scope="operate"),
    Method("workflow.activate", u.WorkflowSteer, changing=True, scope="operate"),
    Method("schedule.list", u.ScheduleList),
    Method("schedule.next", u.ScheduleNext),
    Method("schedule.events", u.ScheduleEvents),
    Method("schedule.pause", u.WorkflowSteer, changing=True, scope="operate"),
    Method("schedule.resume", u.WorkflowSteer, changing=True, scope="operate"),
    Method("handoff.list", u.HandoffList, aside=True),
    Method("handoff.approve", u.HandoffApprove, changing=True, scope="approve"),
    Method("run.start", p.RunStart, changing=True, scope="operate"),
    Method("run.get", p.RunOnly, reserved=True),
    Method("run.list", p.RunList, reserved=True),
    Method("run.graph", p.RunOnly),
    Method("run.events", p.RunEvents),
    Method(RUN_FOLLOW, p.RunFollow),
    Method("run.why", p.RunOnly, aside=True),
    Method("run.report", p.RunOnly),
    Method("run.logs", p.RunLogs),
    Method("run.pause", p.RunSteer, changing=True, scope="operate"),
    Method("run.resume", p.RunResume, changing=True, scope="operate"),
    Method("run.cancel", p.RunSteer, changing=True, scope="operate", reserved=True),
    Method("run.finish", p.RunSteer, changing=True, scope="operate"),
    Method("run.recover", p.RunSteer, changing=True, scope="operate"),
    Method("run.retry", p.RunNode, changing=True, scope="operate"),
    Method("run.requeue", p.RunNode, changing=True, scope="operate"),
    Method("run.continue", p.RunNode, changing=True, scope="operate"),
    Method("run.repair", p.RunRepair, changing=True, scope="operate"),
    Method("run.fork", p.RunFork, changing=True, scope="operate"),
    Method("run.purge", letters.RunPurge, changing=True, scope="operate", deadline=_PATIENT),
    Method("gate.list", p.GateList, reserved=True),
    Method("gate.get", p.GateGet, reserved=True),
    Method("gate.artifact", p.GateArtifact, aside=True),
    Method(DECIDE, p.GateDecide, changing=True, scope="approve", reserved=True),
    Method("scheduler.queue", p.SchedulerQueue, aside=True),
    Method("scheduler.throttle", p.SchedulerThrottle, changing=True, scope="operate"),
    Method("signal.send", p.SignalSend, changing=True, scope="operate"),
    Method("wait.list", p.WaitList),
    Method("wait.resolve", p.WaitResolve, changing=True, scope="operate"),
    Method("webhook.deliver", p.WebhookDeliver, changing=True, scope="operate"),
    Method("dead_letter.list", letters.LetterList),
    Method("dead_letter.get", letters.LetterOnly),
    Method("dead_letter.retry", letters.LetterSteer, changing=True, scope="operate"),
    Method("dead_letter.ignore", letters.LetterSteer, changing=True, scope="operate"),
    Method("dead_letter.compensate", letters.LetterCompensate, changing=True, scope="operate"),
    Method("dead_letter.resolve", letters.LetterSteer, changing=True, scope="operate"),
    Method("notify.test", p.Nothing, scope="operate", deadline=_PATIENT, aside=True),
    Method("projection.events", h.HistoryEvents),
    Method("projection.snapshots", h.HistorySnapshots),
    Method("projection.phases", p.RunOnly),
    Method(HISTORY_FOLLOW, h.HistoryFollow),
    Method("projection.rebuild", h.HistoryRebuild, scope="operate", deadline=_PATIENT, aside=True),
    Method("projection.remove", h.HistoryRemove, changing=True, scope="operate"),
    Method("run.export", h.RunExport, changing=True, scope="operate", deadline=_PATIENT),
    Method("run.import", h.RunImport, changing=True, scope="operate", deadline=_PATIENT),
    Method("mcp.list", p.Nothing, aside=True),
    Method("mcp.tools", a.McpServerOnly, aside=True, deadline=_PATIENT),
    Method("mcp.pins", p.RunOnly),
    Method("secret.list", p.Nothing, scope="operate", deadline=_PATIENT, aside=True),
    Method("agent.steer", a.AgentSteer, changing=True, scope="approve"),
    Method("campaign.create", c.CampaignCreate, changing=True, scope="operate"),
    Method("campaign.list", c.CampaignList),
    Method("campaign.get", c.CampaignOnly),
    Method("campaign.experiments", c.CampaignOnly),
    Method("campaign.experiment", c.ExperimentOnly),
    Method("campaign.events", c.CampaignEvents),
    Method("campaign.act", c.CampaignAct, changing=True, scope="operate", approving=("approve_winner", "reject_winner")),
    Method("campaign.apply", c.ExperimentOnly, changing=True, scope="approve"),
    Method("campaign.delete", c.CampaignDelete, changing=True, scope="operate"),
    Method("ledger.run", a.LedgerRun),
    Method("ledger.totals", a.LedgerTotals, aside=True),
    Method("tool.list", a.ToolList),
    Method("persona.list", a.PersonaList),
    Method("persona.get", a.PersonaOnly),
    Method("persona.consent", a.PersonaOnly, changing=True, scope="approve"),
    Method("persona.withdraw", a.PersonaOnly, changing=True, scope="approve"),
    Method("worktree.list", w.WorktreeList),
    Method("worktree.get", w.WorktreeOnly, aside=True, deadline=_PATIENT),
    Method("worktree.remove", w.WorktreeRemove, changing=True, scope="operate", deadline=_PATIENT),
    Method("actor.tell", p.ActorTell, changing=True, scope="operate"),
    Method("audit.verify", p.Nothing, deadline=_PATIENT, aside=True),
    Method("store.verify", p.Nothing, deadline=_PATIENT, aside=True),
    Method("store.backup", p.StoreBackup, changing=True, scope="operate", deadline=_PATIENT),
)

METHODS = {method.name: method for method in _ROWS}
