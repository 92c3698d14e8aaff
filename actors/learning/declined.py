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
    "learning_id_required": "The learning has no learning_id. Give it one, for example wflearn-my-first.",
    "learning_invalid": "The learning cannot be read: {detail}. It is an object with the fields that penstock learning show --json prints.",
    "learning_status_unknown": f"{{found!r}} is no status of a learning. Allowed: {', '.join(STATUSES)}.",
    "learning_kind_unknown": f"{{found!r}} is no kind of learning. Allowed: {', '.join(KINDS)}.",
    "review_action_required": "The review says nothing. Say approve, reject, apply, supersede or regress.",
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
