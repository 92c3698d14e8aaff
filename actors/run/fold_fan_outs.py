"""How the facts of for-each nodes change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.fold import FanOutFact, apply_fact
from actors.fan_out.items import FanOut
from actors.run.state import RunState

__all__ = ["FAN_OUT_FOLDS"]


def _of_an_item(state: RunState, event: FanOutFact, at: int) -> None:
    apply_fact(state.fan_outs.setdefault((event.node_id, event.iteration_path), FanOut()), event, at)


FAN_OUT_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = dict.fromkeys(
    (FanOutItemsCollected, FanOutItemStarted, FanOutItemCompleted, FanOutItemSkipped), _of_an_item
)
