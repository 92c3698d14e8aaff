"""A run's log in one hand: what is committed is what is read, and a decision that could not be committed leaves nothing behind."""

from __future__ import annotations

import contextlib

import pytest
import trio

from actors.node.messages import Outcome, Success
from actors.refusals import RequestKey
from actors.run.audits import audit_entry
from actors.run.logbook import CorruptLog, Logbook, Overtaken, fold_log
from actors.run.operations import operate
from actors.run.outcomes import on_outcome
from actors.run.recovery import claim
from actors.run.requests import Pause
from actors.run.rules import advance
from actors.services import Services
from storage import Append, ClaimLost, NewEvent, Transaction, VersionConflict
from tests.actors.run.house import hold, made
from tests.actors.run.table import ANNA, flow

CHAIN = flow("a", "b needs: [a]")


async def begun(services: Services, *nodes: str) -> Logbook:
    """A claimed run and its log."""
    book = Logbook(services, await made(services, flow(*nodes) if nodes else CHAIN))
    turn = book.turn()
    claim(turn, "claim-1", services.claimant, None)
    advance(turn)
    await book.commit(turn, claim=hold())
    return book


async def done(book: Logbook, node_id: str) -> None:
    turn = book.turn()
    on_outcome(turn, Outcome(node_id, turn.state.token(node_id), Success(1)))
    advance(turn)
    await book.commit(turn)


async def test_what_was_committed_is_what_another_reader_folds(services: Services) -> None:
    book = await begun(services)
    await done(book, "a")
    again = fold_log(services, book.run_id)
    assert (again.seq, again.status, list(again.executing), again.nodes["a"].output) == (book.state.seq, "running", ["b"], 1)


async def test_the_line_in_the_catalog_follows_the_status(services: Services) -> None:
    book = await begun(services)
    line = services.store.catalog.get(book.run_id)
    assert line is not None
    assert line.status == "running"
    await done(book, "a")
    await done(book, "b")
    line = services.store.catalog.get(book.run_id)
    assert line is not None
    assert (line.status, line.facts["detail"]) == ("completed", "run_completed")


async def test_the_claim_is_held_while_the_run_runs_and_let_go_with_the_event_that_ends_that(services: Services) -> None:
    book = await begun(services)
    assert book.holder == "me"
    claimed = services.store.claims.get(book.run_id)
    assert claimed is not None
    assert (claimed.claimant, claimed.epoch) == ("me", 1)
    await done(book, "a")
    await done(book, "b")
    claimed = services.store.claims.get(book.run_id)
    assert claimed is not None
    assert (claimed.claimant, book.holder, book.left, book.ended, book.queued) == (None, "nobody", True, True, False)


async def test_an_empty_decision_writes_nothing(services: Services) -> None:
    book = await begun(services)
    seq = book.state.seq
    await book.commit(book.turn())
    assert services.store.journal.head(book.run_id) == seq


async def test_a_decision_that_meets_another_writer_is_thrown_away(services: Services) -> None:
    book = await begun(services)
    turn = book.turn()
    on_outcome(turn, Outcome("a", turn.state.token("a"), Success(1)))
    other = NewEvent("run_pause_requested", b'{"reason":"x"}')
    await services.store.commit(Transaction(1, (Append(book.run_id, 4, (other,), epoch=1),)))
    with pytest.raises(VersionConflict):
        await book.commit(turn)
    assert (book.state.nodes["a"].status, book.state.seq) == ("running", 5)


async def test_a_ghost_changes_nothing(services: Services) -> None:
    book = await begun(services)
    ghost = Logbook(services, book.run_id)
    turn = ghost.turn()
    turn.state.epoch = 7
    operate(turn, Pause(ANNA))
    with pytest.raises(ClaimLost):
        await ghost.commit(turn)
    assert (ghost.state.status, ghost.state.epoch) == ("running", 1)


async def test_r19_of_two_who_claim_a_run_at_once_one_gets_it(services: Services) -> None:
    run_id = await made(services, CHAIN)
    books = [Logbook(services, run_id), Logbook(services, run_id)]
    got: list[int] = []

    async def take(number: int) -> None:
        turn = books[number].turn()
        claim(turn, f"claim-{number}", f"daemon-{number}", None)
        with contextlib.suppress(ClaimLost, VersionConflict):
            await books[number].commit(turn, claim=hold(claimant=f"daemon-{number}"))
            got.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(2):
            nursery.start_soon(take, number)
    claimed = services.store.claims.get(run_id)
    assert claimed is not None
    assert (len(got), claimed.epoch, claimed.claimant) == (1, 1, f"daemon-{got[0]}")
    assert [book.holder == "me" for book in books] == [number in got for number in range(2)]
    names = [recorded.kind for recorded in services.store.journal.read(run_id)]
    assert names == ["run_created", "run_execution_claimed", "run_started"]
    assert books[1 - got[0]].state.seq == 3, "who came too late sees what the other wrote"


async def test_an_operation_comes_with_its_receipt_and_audit_entry(services: Services) -> None:
    book = await begun(services)
    turn = book.turn()
    operate(turn, Pause(ANNA))
    entry = audit_entry("uid:1000", "run.pause", book.run_id, {"n": 1}, "ok")
    await book.commit(turn, request=RequestKey("req-9", "cd"), reply={"status": "paused"}, audit=(entry,))
    receipt = services.store.receipts.get("req-9")
    assert receipt is not None
    assert (receipt.reply, receipt.digest) == (b'{"status":"paused"}', b"cd")
    assert (book.left, book.queued) == (True, False)


async def test_a_run_that_is_queued_again_says_so(services: Services) -> None:
    book = await begun(services, "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}")
    from actors.node.messages import Failure

    turn = book.turn()
    on_outcome(turn, Outcome("a", turn.state.token("a"), Failure("boom", "x")))
    advance(turn)
    await book.commit(turn)
    assert (book.state.status, book.left, book.queued) == ("queued", True, True)


async def test_watchers_are_told_after_the_commit(services: Services) -> None:
    heads: list[int] = []
    book = await begun(services)
    services.watchers.watch(book.run_id, lambda: heads.append(services.store.journal.head(book.run_id)))
    await done(book, "a")
    assert heads == [6]
    assert [(change.status, change.event) for change in services.watchers.changes(0, 9)] == [("running", "node_started")]


async def test_a_run_that_is_not_there_is_a_lookup_error(services: Services) -> None:
    with pytest.raises(LookupError, match="run-x"):
        fold_log(services, "run-x")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (NewEvent("run_painted", b"{}"), "event 2 .run_painted."),
        (NewEvent("node_blocked", b'{"node_id":"nobody"}'), "event 2 .node_blocked."),
        (NewEvent("run_paused", b'{"why":"x"}'), "event 2 .run_paused."),
    ],
)
async def test_an_event_that_cannot_be_applied_is_named(services: Services, event: NewEvent, words: str) -> None:
    run_id = await made(services, CHAIN)
    await services.store.commit(Transaction(1, (Append(run_id, 1, (event,)),)))
    with pytest.raises(CorruptLog, match=words):
        fold_log(services, run_id)


async def test_a_log_that_does_not_begin_with_its_run_is_corrupt(services: Services) -> None:
    await services.store.commit(Transaction(1, (Append("run-y", 0, (NewEvent("run_started", b"{}"),)),)))
    with pytest.raises(CorruptLog, match="begins with run_created"):
        fold_log(services, "run-y")


async def test_a_version_that_cannot_be_read_is_corrupt(services: Services) -> None:
    created = NewEvent("run_created", b'{"workflow_id":"w","version":1,"digest":"00"}')
    await services.store.commit(Transaction(1, (Append("run-z", 0, (created,)),)))
    with pytest.raises(CorruptLog, match="VersionMissing"):
        fold_log(services, "run-z")


async def test_a_log_is_read_page_by_page(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    book = await begun(services)
    await done(book, "a")
    whole = fold_log(services, book.run_id)
    for size in (1, 2, 3, 6):
        monkeypatch.setattr("actors.run.logbook.PAGE", size)
        assert (fold_log(services, book.run_id).seq, fold_log(services, book.run_id).status) == (whole.seq, whole.status)


async def test_a_run_that_was_just_made_is_opened_without_reading(services: Services) -> None:
    run_id = await made(services, CHAIN)
    (created,) = services.store.journal.read(run_id)
    from actors.run.events import RunCreated
    from actors.run.vocabulary import run_codec

    event = run_codec().decode(created)
    assert isinstance(event, RunCreated)
    services.newborn[run_id] = (event, created.at_ms)
    book = Logbook(services, run_id)
    assert (book.state.seq, book.state.status, book.holder, services.newborn) == (1, "queued", "nobody", {})


async def test_a_decision_writes_in_another_log_too_or_nowhere(services: Services) -> None:
    book = await begun(services)
    turn = book.turn()
    on_outcome(turn, Outcome("a", turn.state.token("a"), Success(1)))
    turn.also.append(Append("letter-1", 0, (NewEvent("letter_opened", b"{}"),)))
    await book.commit(turn)
    assert services.store.journal.head("letter-1") == 1
    seq = book.state.seq
    turn = book.turn()
    advance(turn)
    turn.also.append(Append("letter-1", 0, (NewEvent("letter_opened", b"{}"),)))
    with pytest.raises(Overtaken, match="letter-1"):
        await book.commit(turn)
    assert (book.state.seq, services.store.journal.head(book.run_id)) == (seq, seq)
