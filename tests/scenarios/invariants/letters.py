"""Dead letters: each stands beside the fact that made it one, is retried only when somebody asked, a few times, and is settled once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_letters"]

MOST = 5
SETTLED = ("dead_letter_ignored", "dead_letter_resolved")


def inv_letters(db: Records, history: History) -> list[str]:
    """Letters and their runs say the same of each other; nobody is retried unasked, and nothing follows the end of a letter."""
    wrong = []
    requeued: Counter[str] = Counter()
    named: set[str] = set()
    for run_id in db.runs:
        for event in db.events(run_id):
            requeued.update(event["letter_ids"] if event["event"] == "stateful_dead_letter_retry_requeued" else ())
            named |= {event["dead_letter"]} if event.get("dead_letter") else set()
    letters = {name: log for name, log in db.logs.items() if name.startswith("dead-letter-") and log and name not in db.purged}
    for name, log in letters.items():
        facts = [(kind, orjson.loads(data)) for _, kind, data in log]
        wrong += _own(name, facts, requeued[name])
        if facts[0][1]["source_type"] == "tool_effect" and facts[0][1]["run_id"] in db.runs and name not in named:
            wrong.append(f"letters: no failure names {name}")
    return wrong + [f"letters: {name} is named and does not exist" for name in (named | set(requeued)) - set(letters) - db.purged]


def _own(name: str, facts: list[tuple[str, dict[str, Any]]], requeued: int) -> list[str]:
    kinds = [kind for kind, _ in facts]
    dispatched = kinds.count("dead_letter_dispatched")
    asked = kinds.index("dead_letter_retry_requested") if "dead_letter_retry_requested" in kinds else len(kinds)
    wrong = []
    if dispatched != requeued or dispatched > MOST:
        wrong.append(f"letters: {name} was dispatched {dispatched} times, its run begun again for it {requeued} times")
    if "dead_letter_dispatched" in kinds[:asked]:
        wrong.append(f"letters: {name} was dispatched before anybody asked")
    if kinds[0] != "dead_letter_opened" or kinds.count("dead_letter_opened") > 1 or any(kind in SETTLED for kind in kinds[:-1]):
        wrong.append(f"letters: {name} goes {kinds}")
    return wrong
