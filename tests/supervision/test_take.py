"""Taking several messages of one class at once keeps the order of the rest."""

from __future__ import annotations

from attrs import frozen

from supervision import Actor, ChildSpec, Supervisor
from supervision.testing import run_tree, settled


@frozen
class Grain:
    number: int


@frozen
class Stone:
    number: int


class Mill(Actor[Grain | Stone]):
    def __init__(self, ground: list[list[int]]) -> None:
        self.ground = ground

    async def receive(self, message: Grain | Stone) -> None:
        more = self.take(Grain) if isinstance(message, Grain) else []
        self.ground.append([message.number, *(grain.number for grain in more)])


async def test_messages_of_one_class_are_taken_together_up_to_the_next_of_another() -> None:
    ground: list[list[int]] = []
    async with run_tree(Supervisor(children=[ChildSpec("mill", lambda: Mill(ground))])) as system:
        for message in (Grain(1), Grain(2), Stone(3), Grain(4), Grain(5)):
            system.ref("mill").tell_nowait(message)
        await settled()
    assert ground == [[1, 2], [3], [4, 5]]
