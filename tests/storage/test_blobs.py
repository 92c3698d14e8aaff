"""Content is stored once, named by its digest, whole or not at all, and checked whenever it is read."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from storage.blobs import Blobs
from storage.errors import BlobDamaged, BlobMissing, StorageFull
from storage.store import Store


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def test_a_content_is_found_by_its_digest(store: Store) -> None:
    digest = await store.put_blob(b"content")
    assert digest == sha256(b"content").hexdigest()
    assert store.blobs.get(digest) == b"content"
    assert store.blobs.path(digest).stat().st_mode & 0o777 == 0o600


def test_the_same_content_is_stored_once(blobs: Blobs) -> None:
    first = blobs.path(blobs.put(b"x")).stat()
    second = blobs.path(blobs.put(b"x")).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)


def test_a_file_is_stored_from_where_it_stands(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"head" + b"y" * 3_000_000)
    source = os.open(tmp_path / "source", os.O_RDONLY)
    try:
        os.lseek(source, 4, os.SEEK_SET)
        digest = blobs.put_file(source)
        os.lseek(source, 4, os.SEEK_SET)
        assert blobs.put_file(source) == digest
    finally:
        os.close(source)
    assert blobs.get(digest) == b"y" * 3_000_000
    assert list(blobs.digests()) == [digest]


def test_changed_bytes_are_never_handed_out(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    blobs.path(digest).write_bytes(b"c0ntent")
    with pytest.raises(BlobDamaged):
        blobs.get(digest)


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63 + "/"])
def test_what_is_not_there_or_no_digest_is_missing(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BlobMissing):
        blobs.get(digest)


def test_a_discarded_content_is_gone(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    assert [blobs.discard(digest), blobs.discard(digest)] == [True, False]
    assert list(blobs.digests()) == []


def test_a_sweep_removes_what_is_old_and_not_kept(blobs: Blobs) -> None:
    kept, old, new = (blobs.put(data) for data in (b"kept", b"old", b"new"))
    for digest in (kept, old):
        os.utime(blobs.path(digest), (1, 1))
    assert blobs.sweep({kept}, before_ms=5_000) == 1
    assert set(blobs.digests()) == {kept, new}
    assert old not in set(blobs.digests())


def test_a_write_that_fails_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFull):
        blobs.put(b"content")
    assert list(blobs._folder.iterdir()) == []


def test_remains_of_a_crash_are_swept(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    rest = blobs._folder / "77-0.new"
    rest.write_bytes(b"half")
    os.utime(rest, (1, 1))
    blobs.sweep({digest}, before_ms=5_000)
    assert not rest.exists()
