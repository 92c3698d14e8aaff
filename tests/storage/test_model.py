"""The memory against its model: any sequence of transactions, claims, renewals, purges, restarts and crashes at any point."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage import writer as writer_module
from storage.errors import ReceiptExists, StorageError
from storage.records import Acquire, Append, ClaimChange, NewEvent, Receipt, Release, Transaction
from storage.store import Store
from tests.storage.model import Memory
from tests.storage.support import Clock, audit, headline, open_store, receipt

STREAMS = st.sampled_from(["a", "b", "c"])
CLAIMANTS = st.sampled_from(["me", "you"])
REQUESTS = st.none() | st.builds(receipt, st.sampled_from(["r1", "r2", "r3"]), st.sampled_from([b"x", b"y"]))
POINTS = st.sampled_from(["commit.before", "commit.after"])


class MemoryMachine(RuleBasedStateMachine):
    inline = True

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="penstock-model-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        self.model = Memory()
        self.clock = Clock()
        self.lives = 0
        self.folder = self.root / "0"
        self.store = self._open()

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.store.close()
            shutil.rmtree(self.root)

    def _open(self) -> Store:
        return open_store(self.folder, clock=self.clock, inline=self.inline)

    def _run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with trio.open_nursery() as nursery:
                await nursery.start(self.store.serve)
                try:
                    return await work()
                except ReceiptExists as known:
                    return known.code if known.reply == b"reply" else "another reply"
                except StorageError as error:
                    return error.code
                finally:
                    nursery.cancel_scope.cancel()

        return trio.run(main)

    async def _commit(self, transaction: Transaction) -> str:
        committed = await self.store.commit(transaction)
        assert committed.heads == {append.stream: append.expected + len(append.events) for append in transaction.appends}
        return "ok"

    def _transaction(self, *appends: Append, request: Receipt | None = None, audited: bool = False) -> Transaction:
        self.clock.now += 10
        return Transaction(self.clock.now, appends, request, (audit(f"act-{self.clock.now}"),) if audited else ())

    def _append(self, stream: str, *, behind: int, count: int, epoch: str, claim: ClaimChange | None, line: bool) -> Append:
        holder, stored, _ = self.model.claims.get(stream, (None, 0, 0))
        right = stored if holder is not None else None
        given = {"right": right, "old": stored - 1, "none": None, "stored": stored}[epoch]
        facts = tuple(NewEvent(f"kind-{n}", b'{"n":%d}' % n) for n in range(count))
        head = headline(stream, f"status-{self.clock.now}", updated_ms=self.clock.now) if line else None
        return Append(stream, self.model.head(stream) - behind, facts, given, head, claim)

    @rule(
        stream=STREAMS, behind=st.sampled_from([0, 0, 0, 0, 1, -1]), count=st.integers(0, 3), line=st.booleans(), request=REQUESTS,
        epoch=st.sampled_from(["right", "right", "right", "old", "none", "stored"]), audited=st.booleans(),
    )  # fmt: skip
    def append(self, stream: str, behind: int, count: int, line: bool, request: Receipt | None, epoch: str, audited: bool) -> None:
        one = self._append(stream, behind=behind, count=count, epoch=epoch, claim=None, line=line)
        transaction = self._transaction(one, request=request, audited=audited)
        assert self._run(lambda: self._commit(transaction)) == self.model.apply(transaction)

    @rule(stream=STREAMS, claimant=CLAIMANTS, ahead=st.sampled_from([1, 1, 1, 0, 2]), lease_ms=st.integers(1, 100))
    def acquire(self, stream: str, claimant: str, ahead: int, lease_ms: int) -> None:
        epoch = self.model.claims.get(stream, (None, 0, 0))[1] + ahead
        one = self._append(stream, behind=0, count=1, epoch="none", claim=Acquire(claimant, epoch, lease_ms), line=False)
        transaction = self._transaction(one)
        assert self._run(lambda: self._commit(transaction)) == self.model.apply(transaction)

    @rule(stream=STREAMS, epoch=st.sampled_from(["right", "old", "none", "stored"]))
    def release(self, stream: str, epoch: str) -> None:
        transaction = self._transaction(self._append(stream, behind=0, count=0, epoch=epoch, claim=Release(), line=True))
        assert self._run(lambda: self._commit(transaction)) == self.model.apply(transaction)

    @rule(first=STREAMS, second=STREAMS, behind=st.sampled_from([0, 0, 1]), request=REQUESTS)
    def append_to_two(self, first: str, second: str, behind: int, request: Receipt | None) -> None:
        if first == second:
            return
        one = self._append(first, behind=0, count=1, epoch="right", claim=None, line=True)
        two = self._append(second, behind=behind, count=2, epoch="right", claim=None, line=False)
        transaction = self._transaction(one, two, request=request)
        assert self._run(lambda: self._commit(transaction)) == self.model.apply(transaction)

    @rule(claimant=CLAIMANTS)
    def renew(self, claimant: str) -> None:
        self.clock.now += 10
        assert self._run(lambda: self.store.renew(claimant, 50)) == self.model.renew(claimant, self.clock.now + 50)

    @rule(stream=STREAMS)
    def purge(self, stream: str) -> None:
        if self.model.head(stream) > self.model.purged.get(stream, 0):
            assert (self._run(lambda: self.store.purge(stream)) or "ok") == self.model.purge(stream)

    @rule()
    def upkeep(self) -> None:
        self._run(self.store.upkeep)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self._open()

    @rule()
    def crash(self) -> None:
        """The process dies: what the files hold at this moment is all there is."""
        self._survive(self._image())

    @rule(stream=STREAMS, point=POINTS, request=REQUESTS)
    @precondition(lambda self: self.lives < 6)
    def crash_in_a_commit(self, stream: str, point: str, request: Receipt | None) -> None:
        transaction = self._transaction(self._append(stream, behind=0, count=2, epoch="right", claim=None, line=True), request=request)
        images: list[Path] = []

        def reach(name: str) -> None:
            if name == point:
                images.append(self._image())

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writer_module, "reach", reach)
            self._run(lambda: self._commit(transaction))
        if not images:  # it was refused, so nothing was committed
            assert self.model.apply(transaction) != "ok"
            return
        if point == "commit.after":
            assert self.model.apply(transaction) == "ok"
        self._survive(images[0])

    def _image(self) -> Path:
        self.lives += 1
        copy = self.root / str(self.lives)
        copy.mkdir(mode=0o700)
        for name in ("penstock.db", "penstock.db-wal", "penstock.anchor"):
            shutil.copy(self.folder / name, copy / name)
        return copy

    def _survive(self, image: Path) -> None:
        self.store.close()
        shutil.rmtree(self.folder)
        self.folder = image
        self.store = self._open()

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "store"):
            return
        store, model = self.store, self.model
        for name in "abc":
            expected = [(n + 1 + model.purged.get(name, 0), *event) for n, event in enumerate(model.streams.get(name, []))]
            assert [(one.seq, one.at_ms, one.kind, one.data) for one in store.journal.read(name)] == expected
            assert store.journal.head(name) == model.head(name)
            assert store.catalog.get(name) == model.headlines.get(name)
            claim = store.claims.get(name)
            assert (claim and (claim.claimant, claim.epoch, claim.until_ms)) == model.claims.get(name)
        for request_id in ("r1", "r2", "r3"):
            known = store.receipts.get(request_id)
            assert (known and (known.digest, known.reply)) == model.receipts.get(request_id)
        assert [one.entry.action for one in store.audit.list(limit=1_000)] == model.audit
        assert store.audit.verify() is None
        assert store.damage == ()
        assert trio.run(store.verify).ok


TestInline = pytest.mark.slow(MemoryMachine.TestCase)
TestInline.settings = settings(max_examples=40, stateful_step_count=30)


class ThreadedMachine(MemoryMachine):
    inline = False


TestThreaded = pytest.mark.slow(ThreadedMachine.TestCase)
TestThreaded.settings = settings(max_examples=15, stateful_step_count=20)
