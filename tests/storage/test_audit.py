"""The audit log shows every edit, deletion, insertion and exchange of its entries. Attacked with plain SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.audit import entry_hash
from storage.errors import LogTruncated, StoreDamaged
from storage.store import Store
from tests.storage.support import audit, fill, open_store, sql, tx


async def test_entries_are_listed_in_order_and_chained(store: Store) -> None:
    for n in range(5):
        await store.commit(tx(audit=(audit(f"act-{n}"), audit(f"act-{n}b"))))
    listed = store.audit.list(after=2, limit=3)
    assert [(one.seq, one.entry.action) for one in listed] == [(3, "act-1"), (4, "act-1b"), (5, "act-2")]
    assert len({one.hash for one in store.audit.list()}) == 10
    assert store.audit.verify() is None


async def _five(store: Store) -> None:
    for n in range(5):
        await store.commit(tx(audit=(audit(f"act-{n}"),)))


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (("UPDATE audit SET action = 'harmless' WHERE seq = 2",), "audit entry 2 is not as it was written"),
        (("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 4",), "audit entry 4 is not as it was written"),
        (("UPDATE audit SET result = 'no' WHERE seq = 1",), "audit entry 1 is not as it was written"),
        (("DELETE FROM audit WHERE seq = 3",), "audit entry 3 is missing"),
        (
            ("UPDATE audit SET seq = 9 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 9"),
            "audit entry 2 is not as it was written",
        ),
        (("INSERT INTO audit SELECT 6, at_ms, actor, action, subject, detail, result, hash FROM audit WHERE seq = 5",), "audit entry 6"),
    ],
)
def test_an_attack_on_the_middle_is_found(folder: Path, statements: tuple[str, ...], found: str) -> None:
    fill(folder, _five)
    sql(folder, *statements)
    with open_store(folder) as store:
        broken = store.audit.verify()
    assert broken is not None
    assert broken.startswith(found)


def test_an_entry_rewritten_with_its_own_hash_is_found_at_the_next(folder: Path) -> None:
    fill(folder, _five)
    with open_store(folder) as store:
        first, second = store.audit.list(limit=2)
    entry = second.entry
    forged = (2, second.at_ms, entry.actor, "harmless", entry.subject, entry.detail, entry.result)
    sql(folder, f"UPDATE audit SET action = 'harmless', hash = x'{entry_hash(first.hash, forged).hex()}' WHERE seq = 2")
    with open_store(folder) as store:
        assert store.audit.verify() == "audit entry 3 is not as it was written"


def test_a_cut_tail_is_found_by_the_anchor(folder: Path) -> None:
    fill(folder, _five)
    sql(folder, "DELETE FROM audit WHERE seq > 3")
    with pytest.raises(LogTruncated):
        open_store(folder)


def test_a_rewritten_head_is_found_by_the_anchor(folder: Path) -> None:
    fill(folder, _five)
    sql(folder, "UPDATE audit SET hash = zeroblob(32) WHERE seq = 5")
    with pytest.raises(StoreDamaged):
        open_store(folder)
