"""Which items go out next, which are skipped for another's failure, and when a for-each is over. Pure (flow spec 7.7)."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from actors.fan_out.items import FanOut, Item, ItemKey

__all__ = ["OnChildFail", "halted", "is_over", "next_items", "skipped_for"]

OnChildFail = Literal["continue", "halt", "skip_dependents"]


def halted(fan_out: FanOut, on_child_fail: OnChildFail) -> bool:
    """Whether a failure keeps anything new from going out."""
    return on_child_fail == "halt" and fan_out.count("failed") > 0


def next_items(fan_out: FanOut, max_parallel: int, on_child_fail: OnChildFail) -> list[Item]:
    """What goes out now, in order of insertion: as many as there is room for, each with all its blockers terminal in any way.

    `max_parallel` 0 means one at a time.
    """
    room = max(1, max_parallel) - fan_out.count("running")
    if room <= 0 or halted(fan_out, on_child_fail):
        return []
    return [item for item in fan_out.with_status("pending") if _ready(fan_out, item)][:room]


def _ready(fan_out: FanOut, item: Item) -> bool:
    return all(fan_out.items[blocker].terminal for blocker in fan_out.blockers.get(item.found.key, ()))


def is_over(fan_out: FanOut, on_child_fail: OnChildFail) -> bool:
    """Nothing is under way, and nothing goes out any more."""
    return fan_out.count("running") == 0 and not next_items(fan_out, 1, on_child_fail)


def skipped_for(fan_out: FanOut, failed: Item) -> list[Item]:
    """With `skip_dependents`: all that wait for the failed item, directly or through others, in order of insertion."""
    dependents: dict[ItemKey, list[ItemKey]] = defaultdict(list)
    for dependent, blockers in fan_out.blockers.items():
        for blocker in blockers:
            dependents[blocker].append(dependent)
    reached: set[ItemKey] = set()
    todo = [failed.found.key]
    while todo:
        for key in dependents.get(todo.pop(), ()):
            if key not in reached:
                reached.add(key)
                todo.append(key)
    return [item for key, item in fan_out.items.items() if key in reached and not item.terminal]
