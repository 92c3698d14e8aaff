"""The folder and its files are ours alone and on a local disk, or the start is refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import folder as folder_module
from storage.errors import (
    FolderRefused,
    NetworkFilesystem,
)
from storage.folder import filesystem_of
from tests.storage.support import fill, open_store, three


def _group_readable(folder: Path) -> None:
    folder.chmod(0o750)


def _open_database(folder: Path) -> None:
    (folder / "penstock.db").chmod(0o644)


def _open_anchor(folder: Path) -> None:
    (folder / "penstock.anchor").chmod(0o604)


def _linked_folder(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    folder.symlink_to(folder.with_name("real"))


def _linked_database(folder: Path) -> None:
    (folder / "penstock.db").rename(folder / "real.db")
    (folder / "penstock.db").symlink_to(folder / "real.db")


def _second_name(folder: Path) -> None:
    os.link(folder / "penstock.db", folder / "copy.db")


def _folder_is_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


def _pipe_for_a_lock(folder: Path) -> None:
    (folder / "penstock.lock").unlink()
    os.mkfifo(folder / "penstock.lock", 0o600)


@pytest.mark.parametrize(
    "spoil",
    [
        _group_readable, _open_database, _open_anchor, _linked_folder, _linked_database, _second_name, _folder_is_a_file, _pipe_for_a_lock,
    ],
)  # fmt: skip
def test_what_others_could_read_or_swap_is_refused(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, three)
    spoil(folder)
    with pytest.raises(FolderRefused) as refused:
        open_store(folder)
    assert refused.value.exit_code == 77


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    fill(folder, three)
    os.chown(folder, 12345, 12345)
    with pytest.raises(FolderRefused, match="uid 12345"):
        open_store(folder)


def test_a_folder_that_cannot_be_written_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FolderRefused, match="cannot be written"):
        open_store(folder)


def test_a_read_only_file_system_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mounted:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: Mounted())
    with pytest.raises(FolderRefused, match="read-only file system"):
        open_store(folder)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderRefused):
        open_store(tmp_path / "file" / "memory")


MOUNTS = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
35 21 0:31 / /home/me rw - nfs4 server:/export rw
36 35 0:32 / /home/me/with\\040blank rw - btrfs /dev/vdb rw
40 21 0:40 / /run rw master:2 - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "device", "kind"),
    [
        ("/var/lib", os.makedev(254, 0), "ext4"),
        ("/home/me/data", os.makedev(0, 31), "nfs4"),
        ("/home/me/data", os.makedev(0, 99), "nfs4"),
        ("/home/me/with blank/data", os.makedev(0, 99), "btrfs"),
        ("/home/mercy", os.makedev(0, 99), "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_found(path: str, device: int, kind: str) -> None:
    assert filesystem_of(path, device, MOUNTS) == kind


def test_a_network_file_system_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"21 1 {os.major(device)}:{os.minor(device)} / / rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(folder_module, "_MOUNTS", mounts)
    with pytest.raises(NetworkFilesystem) as refused:
        open_store(folder)
    assert refused.value.exit_code == 77
    assert list(folder.iterdir()) == []


def test_where_the_kernel_tells_no_mounts_the_folder_is_taken_as_local(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "_MOUNTS", tmp_path / "absent")
    open_store(folder).close()
