"""What a supervisor is told about each child, and what a static supervisor is. Plain data; nothing here runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import field, frozen, validators

if TYPE_CHECKING:
    from supervision.actor import Actor
    from supervision.dynamic import Dynamic

    Behaviour: TypeAlias = "Actor[Any] | Supervisor | Dynamic"

__all__ = ["AutoShutdown", "ChildSpec", "Restart", "ShutdownTime", "Strategy", "Supervisor"]

Restart = Literal["permanent", "transient", "temporary"]
Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]
AutoShutdown = Literal["never", "any_significant", "all_significant"]
ShutdownTime = float | Literal["infinity", "brutal_kill"]


def _check_id(_spec: ChildSpec, _attribute: object, value: str) -> None:
    if not value or "/" in value:
        raise ValueError(f"a child's id is a non-empty text without '/', not {value!r}")


def _check_shutdown(_spec: object, _attribute: object, value: ShutdownTime | None) -> None:
    if value not in {"infinity", "brutal_kill", None} and (isinstance(value, str) or value < 0):
        raise ValueError(f"shutdown is seconds (0 or more), 'infinity' or 'brutal_kill', not {value!r}")


@frozen
class ChildSpec:
    """One child: `start` makes a new behaviour for each incarnation (an actor, a `Supervisor` or a `Dynamic`).

    `shutdown` is the time between the request to stop and the kill, in seconds; None stands for 5 s, and for "infinity" when the child
    is itself a supervisor, whose subtree would else be cut off half-stopped. `significant` children may end their supervisor, see there.
    """

    id: str = field(validator=_check_id)
    start: Callable[[], Behaviour]
    restart: Restart = field(default="permanent", validator=validators.in_(("permanent", "transient", "temporary")))
    shutdown: ShutdownTime | None = field(default=None, validator=_check_shutdown)
    significant: bool = False

    def __attrs_post_init__(self) -> None:
        if self.significant and self.restart == "permanent":
            raise ValueError(f"child {self.id!r}: a permanent child never ends for good, so it cannot be significant")


def _tuple(children: Iterable[ChildSpec]) -> tuple[ChildSpec, ...]:
    return tuple(children)


@frozen(kw_only=True)
class Supervisor:
    """A static supervisor: its children, in start order, and its rules. More than `intensity` restarts in `period` seconds are a failure.

    `auto_shutdown`: stop everything and exit `Shutdown` when any (or the last) significant child has ended by itself.
    """

    children: tuple[ChildSpec, ...] = field(converter=_tuple, default=())
    strategy: Strategy = field(default="one_for_one", validator=validators.in_(("one_for_one", "one_for_all", "rest_for_one")))
    intensity: int = field(default=1, validator=validators.ge(0))
    period: float = field(default=5.0, validator=validators.gt(0))
    auto_shutdown: AutoShutdown = field(default="never", validator=validators.in_(("never", "any_significant", "all_significant")))

    def __attrs_post_init__(self) -> None:
        twice = [each for each, count in Counter(spec.id for spec in self.children).items() if count > 1]
        if twice:
            raise ValueError(f"ids of children are unique; more than once: {', '.join(twice)}")
        if self.auto_shutdown == "never" and any(spec.significant for spec in self.children):
            raise ValueError("a significant child has a meaning only where auto_shutdown is not 'never'")
