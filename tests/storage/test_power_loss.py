"""The power fails: whatever the disk made of writes that were not synced, every acknowledged fact is there and nothing is half there."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from tests.storage import shim
from tests.storage.disk import MODES, acknowledged, image
from tests.storage.shim import Operation
from tests.storage.support import open_store

pytestmark = pytest.mark.slow
FACTS = 70
IMAGES = 320


@pytest.fixture(scope="module", params=["inline", "threaded"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Operation]]:
    """A life of a memory from its first start, as its system calls tell it."""
    folder = tmp_path_factory.mktemp("power") / "memory"
    log = folder.with_suffix(".log")
    env = shim.environment(shim.build(folder.parent), folder, SHIM_LOG=log)
    done = shim.run_child("recorded", folder, request.param, FACTS, env=env)
    assert done.returncode == 0, done.stderr
    operations = shim.read_log(log)
    assert acknowledged(operations) == FACTS
    return folder, operations


def _check(folder: Path, least: int, begun: int) -> int:
    with open_store(folder) as store:
        facts = store.journal.read("run")
        assert least <= len(facts) <= begun
        assert store.damage == ()
        assert trio.run(store.verify).ok
        for n, fact in enumerate(facts):
            assert store.receipts.get(f"r{n}") is not None
            digest = json.loads(fact.data)["blob"]
            if digest != "none":
                assert store.blobs.get(digest).startswith(b"blob %d " % n)
        return len(facts)


def test_no_image_of_the_disk_loses_or_tears_an_acknowledged_fact(recorded: tuple[Path, list[Operation]], fast_folder: Path) -> None:
    root, operations = recorded
    rng = random.Random(20_240_501)
    seen: Counter[str] = Counter()
    for n in range(IMAGES):
        # A few cuts in the first start, the others anywhere.
        cut = rng.randint(0, len(operations)) if n % 10 else rng.randint(0, 80)
        mode = MODES[n % len(MODES)]
        done = acknowledged(operations[:cut])
        target = fast_folder / "image"
        image(operations[:cut], str(root), target, mode, rng)
        found = _check(target, done, done + 1) if target.exists() else 0
        seen["more than acknowledged"] += found > done
        seen["just what was acknowledged"] += found == done
        shutil.rmtree(target, ignore_errors=True)
    assert min(seen.values()) > 0


def test_the_simulated_disk_can_lose_facts_when_nothing_is_synced(recorded: tuple[Path, list[Operation]], fast_folder: Path) -> None:
    """The test above could not fail if images always held everything: without the syncs of the WAL they do not."""
    root, operations = recorded
    careless = [operation for operation in operations if operation.call != "s" or not operation.path.endswith("-wal")]
    lost = 0
    for n in range(20):
        target = fast_folder / f"image-{n}"
        image(careless, str(root), target, "none", random.Random(n))
        lost += _facts(target / "penstock.db") < FACTS
    assert lost == 20


def _facts(path: Path) -> int:
    try:
        connection = sqlite3.connect(path)
        count: int = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        connection.close()
    except sqlite3.Error:
        return 0
    return count


def test_everything_acknowledged_was_synced_before(recorded: tuple[Path, list[Operation]]) -> None:
    _, operations = recorded
    marks = [at for at, operation in enumerate(operations) if operation.path.endswith("acknowledged") and operation.call == "w"]
    for before, mark in zip([0, *marks], marks, strict=False):
        assert _synced_wal(operations[before:mark])


def _synced_wal(operations: Sequence[Operation]) -> bool:
    return [one.call for one in operations if one.path.endswith("-wal") and one.call in "ws"][-1] == "s"
