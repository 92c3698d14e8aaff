"""Stored workflows: versions by number and digest, and plans that are compiled once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.library import Library, Version
from actors.plans import KEPT, Plans, VersionMissing
from actors.refusals import Refusal, RequestKey
from actors.services import Services
from actors.workflow.canonical import digest, encode
from actors.workflow.events import WorkflowDeleted
from actors.workflow.spec import Workflow
from tests.actors.run.house import services_at
from tests.actors.run.table import ANNA, flow

ONE, TWO = flow("a"), flow("a", "b")


@pytest.fixture
async def services(tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Services]:
    with services_at(tmp_path / "data") as services:
        await nursery.start(services.store.serve)
        yield services


def found(answer: Version | Refusal) -> Version:
    assert isinstance(answer, Version), answer
    return answer


def code(answer: Any) -> str:
    assert isinstance(answer, Refusal)
    return answer.code


async def test_each_change_makes_a_version_and_the_same_definition_none(services: Services) -> None:
    library = Library(services)
    made = [await library.put(workflow, ANNA) for workflow in (ONE, ONE, TWO, ONE)]
    assert [(version.version, new) for version, new in made] == [(1, True), (1, False), (2, True), (3, True)]
    assert services.store.blobs.get(digest(TWO)) == encode(TWO)
    line = services.store.catalog.get("workflow/paper")
    assert line is not None
    assert (line.status, line.group, line.facts) == ("active", "paper", {"version": 3, "digest": digest(ONE)})


async def test_versions_are_found_by_number_by_digest_and_as_the_newest(services: Services) -> None:
    library = Library(services)
    for workflow in (ONE, TWO):
        await library.put(workflow, ANNA)
    assert found(library.find("paper")).version == 2
    assert found(library.find("paper", 1)).digest == digest(ONE)
    assert found(library.find("paper", by_digest=digest(TWO)[:12])).version == 2
    assert code(library.find("paper", 9)) == "workflow_version_missing"
    assert code(library.find("nobody")) == "workflow_not_found"
    assert code(library.find("nobody", 1)) == "workflow_not_found"


async def test_a_deleted_workflow_is_gone_but_its_versions_stay_readable_and_a_put_brings_it_back(services: Services) -> None:
    library = Library(services)
    await library.put(ONE, ANNA)
    await library.commit(library.record("paper"), (WorkflowDeleted(str(ANNA)),))
    assert code(library.find("paper")) == "workflow_not_found"
    assert found(library.find("paper", 1)).digest == digest(ONE)
    version, made = await library.put(ONE, ANNA)
    assert (version.version, made, found(library.find("paper")).version) == (2, True, 2)


async def test_a_put_leaves_its_receipt_also_when_it_changes_nothing(services: Services) -> None:
    library = Library(services)
    await library.put(ONE, ANNA)
    assert await library.put(ONE, ANNA, RequestKey("req-2", "cd")) == (found(library.find("paper")), False)
    receipt = services.store.receipts.get("req-2")
    assert receipt is not None
    assert b'"created":false' in receipt.reply


async def test_puts_at_once_make_one_version_each_and_lose_none(services: Services) -> None:
    library, made = Library(services), list[tuple[int, bool]]()

    async def put(workflow: Workflow) -> None:
        version, new = await library.put(workflow, ANNA)
        made.append((version.version, new))

    async with trio.open_nursery() as nursery:
        for count in range(1, 5):
            nursery.start_soon(put, flow(*"abcd"[:count]))
    assert sorted(made) == [(1, True), (2, True), (3, True), (4, True)]


class Contents:
    """Definitions by digest; counts how often each is read."""

    def __init__(self, *workflows: Workflow) -> None:
        self.known = {digest(workflow): encode(workflow) for workflow in workflows}
        self.reads: list[str] = []

    def get(self, sha256: str) -> bytes:
        self.reads.append(sha256)
        return self.known[sha256]


def test_a_plan_is_compiled_once() -> None:
    contents = Contents(ONE)
    plans = Plans(contents)
    assert plans.get(digest(ONE)) is plans.get(digest(ONE))
    assert contents.reads == [digest(ONE)]


def test_only_the_plans_used_last_are_kept() -> None:
    workflows = [flow("a", top=f"title: t{n}") for n in range(KEPT + 1)]
    contents = Contents(*workflows)
    plans = Plans(contents)
    for workflow in workflows[:-1]:
        plans.get(digest(workflow))
    plans.get(digest(workflows[0]))
    plans.get(digest(workflows[-1]))  # pushes out the second, which was not used since
    plans.get(digest(workflows[0]))
    assert len(contents.reads) == KEPT + 1
    plans.get(digest(workflows[1]))
    assert len(contents.reads) == KEPT + 2


@pytest.mark.parametrize("data", [None, b"{", b'{"workflow_id": 1}'])
def test_a_version_that_cannot_be_read_is_missing(data: bytes | None) -> None:
    contents = Contents()
    if data is not None:
        contents.known["d"] = data
    with pytest.raises(VersionMissing, match="the workflow version d cannot be read"):
        Plans(contents).get("d")
