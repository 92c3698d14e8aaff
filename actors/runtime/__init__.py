"""The runtime as the control socket sees it: one method for each control method, answered from the log or by the tree."""

from __future__ import annotations

from actors.runtime.bundles import BundleMethods
from actors.runtime.campaigns import CampaignMethods
from actors.runtime.exhibits import ExhibitMethods
from actors.runtime.handoffs import HandoffMethods
from actors.runtime.histories import HistoryMethods
from actors.runtime.learnings import LearningMethods
from actors.runtime.ledger import LedgerMethods
from actors.runtime.letters import LetterMethods
from actors.runtime.lives import LifeMethods
from actors.runtime.mcp import McpMethods
from actors.runtime.notices import NoticeMethods
from actors.runtime.personas import PersonaMethods
from actors.runtime.removal import RemovalMethods
from actors.runtime.runs import RunMethods
from actors.runtime.schedules import ScheduleMethods
from actors.runtime.secrets import SecretMethods
from actors.runtime.steering import SteeringMethods
from actors.runtime.system import SystemMethods
from actors.runtime.tools import ToolMethods
from actors.runtime.upkeep import UpkeepMethods
from actors.runtime.waits import WaitMethods
from actors.runtime.workflows import WorkflowMethods
from actors.runtime.worktrees import WorktreeMethods

__all__ = ["DaemonRuntime"]


class DaemonRuntime(
    WorkflowMethods, LifeMethods, ScheduleMethods, HandoffMethods, RunMethods, SteeringMethods, RemovalMethods, ExhibitMethods, WaitMethods,
    LetterMethods, NoticeMethods, PersonaMethods, LedgerMethods, McpMethods, SecretMethods, ToolMethods, WorktreeMethods, HistoryMethods,
    BundleMethods, CampaignMethods, LearningMethods, SystemMethods, UpkeepMethods,
):  # fmt: skip
    """All methods of one daemon."""
