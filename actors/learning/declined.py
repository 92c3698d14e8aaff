"""Why an operation on learnings is refused: a code and the values that it compared (learning spec 9.6). Pure."""

from __future__ import annotations

from typing import Any, Final

from actors.learning.record import KINDS, STATUSES
from actors.refusals import Refusal

__all__ = ["Declined"]

_LOOK: Final = "List the learnings with: penstock learning ls"
TEXTS: Final = {
    "human_required": "Only a person may say something about a learning; the process that asks is one of a step. Do it from a terminal.",
    "learning_not_found": f"There is no learning {{learning_id!r}}. {_LOOK}",
    "learning_log_unreadable": "{detail}. Its runs and the learnings of all other workflows are unharmed; see: penstock verify",
    "learning_id_required": "The learning has no learning_id. Give it one, for example wflearn-my-first.",
    "learning_invalid": "The learning cannot be read: {detail}. It is an object with the fields that penstock learning show --json prints.",
    "learning_status_unknown": f"{{found!r}} is no status of a learning. Allowed: {', '.join(STATUSES)}.",
    "learning_kind_unknown": f"{{found!r}} is no kind of learning. Allowed: {', '.join(KINDS)}.",
    "review_action_required": "The review says nothing. Say approve, reject, apply, supersede or regress.",
    "learning_kind_unsupported": "{learning_id} is a {found}; this is for {allowed} alone.",
    "learning_not_approved": "{learning_id} is {status}. Approve it first: penstock learning review {learning_id} approve",
    "learning_content_missing": "{learning_id} says nothing that could be remembered: it has neither content nor a summary.",
    "memory_scope_denied": "Only a person has something remembered for a project; this process is one of a step. Do it from a terminal.",
    "memory_promotion_refused": "The memory {memory_id!r} cannot be promoted to the project {project_id!r}: {detail}.",
    "workflow_not_found": "There is no workflow {workflow_id!r}. List them with: penstock workflow ls",
    "needs_plan_bundle": "{detail}",
    "incompatible_plan_bundle": "The plan of the workflow {workflow_id} cannot be used: {detail}",
    "revision_not_found": "{learning_id} has no draft. Make one with: penstock learning spawn-revision {learning_id}",
    "revision_overtaken": (
        "The draft begins from version {base} of the workflow, which has version {found} by now. Make another one with: "
        "penstock learning spawn-revision {learning_id}"
    ),
    "revision_invalid": "The draft cannot be stored: {detail}",
    "distill_invalid": "It cannot be distilled: {detail}.",
    "session_not_found": (
        "There is no conversation {session_id!r} here. Name one as run:RUN:node:NODE, or give the facts of another one with --facts FILE."
    ),
    "campaign_session_excluded": "{session_id} is of a run of a campaign. Nothing is learned from those, so that experiments compare.",
    "verify_needs_apply": "Only an application is verified, once: {learning_id} is {status}, and the review says {action!r}.",
    "verification_running": "{learning_id} is being tried already. Look at it with: penstock learning show {learning_id}",
    "verification_too_few_runs": "Fewer than {needed} runs of {workflow_id} have ended, too few to decide anything. Review without verify.",
    "learning_action_unknown": "{found!r} is nothing that a review can say. Allowed: approve, reject, apply, supersede, regress.",
}


class Declined(Exception):
    """`code` is a stable snake_case word, `data` holds the values that the message names, as JSON."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code, self.data = code, data

    @property
    def refusal(self) -> Refusal:
        """What was wrong, what was found, what is allowed, what to do."""
        return Refusal(self.code, TEXTS[self.code].format(**self.data), self.data)
