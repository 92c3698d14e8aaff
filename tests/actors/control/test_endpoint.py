from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.control import endpoint
from actors.control.endpoint import EndpointRefused


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path has 107 bytes at most."""
    path = Path(tempfile.mkdtemp(prefix="pk-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def refused(path: Path) -> EndpointRefused:
    with pytest.raises(EndpointRefused) as caught:
        endpoint.bind(path, 8)
    return caught.value


def test_the_folder_is_made_0700_and_the_socket_is_0600_whatever_the_umask(folder: Path) -> None:
    path = folder / "a" / "run" / "control.sock"
    before = os.umask(0)
    try:
        made = endpoint.bind(path, 8)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    endpoint.remove(made)
    assert not path.exists()


def test_there_is_no_moment_at_which_the_socket_is_open_to_others(folder: Path) -> None:
    path = folder / "run" / "control.sock"
    path.parent.mkdir(mode=0o700)
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            try:
                seen.add(stat.S_IMODE(path.lstat().st_mode))
            except FileNotFoundError:
                continue

    watcher = threading.Thread(target=look)
    before = os.umask(0)
    watcher.start()
    try:
        for _ in range(300):
            endpoint.remove(endpoint.bind(path, 1))
    finally:
        os.umask(before)
        done.set()
        watcher.join()
    assert seen <= {0o600}


def test_a_stale_socket_of_ours_is_replaced(folder: Path) -> None:
    path = folder / "run" / "control.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    endpoint.remove(endpoint.bind(path, 8))


def test_a_socket_on_which_somebody_listens_is_left_alone_with_75(folder: Path) -> None:
    path = folder / "run" / "control.sock"
    made = endpoint.bind(path, 8)
    error = refused(path)
    assert (error.code, error.exit_code) == ("socket_in_use", 75)
    assert path.exists()
    endpoint.remove(made)


@pytest.mark.parametrize("kind", ["file", "folder", "symlink", "dangling", "fifo"])
def test_what_is_no_socket_is_never_removed(folder: Path, kind: str) -> None:
    path = folder / "run" / "control.sock"
    path.parent.mkdir(mode=0o700)
    match kind:
        case "file":
            path.write_text("mine")
        case "folder":
            path.mkdir()
        case "symlink":
            (folder / "target").write_text("")
            path.symlink_to(folder / "target")
        case "dangling":
            path.symlink_to(folder / "nowhere")
        case "fifo":
            os.mkfifo(path)
    error = refused(path)
    assert (error.code, error.exit_code) == ("socket_path_taken", 77)
    assert os.path.lexists(path)
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o701, 0o750, 0o710])
def test_a_folder_that_lets_others_in_is_refused_with_what_to_do(folder: Path, mode: int) -> None:
    path = folder / "run" / "control.sock"
    path.parent.mkdir()
    path.parent.chmod(mode)
    error = refused(path)
    assert (error.code, error.exit_code) == ("socket_folder_refused", 77)
    assert f"chmod 700 {path.parent}" in str(error)


def test_a_folder_that_is_a_symlink_or_a_file_is_refused(folder: Path) -> None:
    (folder / "real").mkdir(mode=0o700)
    (folder / "run").symlink_to(folder / "real")
    (folder / "file").write_text("")
    assert refused(folder / "run" / "control.sock").code == "socket_folder_refused"
    assert refused(folder / "file" / "control.sock").code == "socket_folder_refused"
    assert refused(folder / "file" / "deeper" / "control.sock").code == "socket_folder_refused"


def test_a_folder_or_a_socket_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "run" / "control.sock"
    endpoint.bind(path, 1).sock.close()
    monkeypatch.setattr(endpoint, "_judge_folder", lambda *_: None)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert refused(path).code == "socket_path_taken"
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert refused(path).code == "socket_folder_refused"


def test_a_path_of_107_bytes_works_and_one_of_108_is_refused(folder: Path) -> None:
    def path_of(size: int) -> Path:
        return folder / "run" / ("s" * (size - len(str(folder / "run")) - 1))

    endpoint.remove(endpoint.bind(path_of(107), 1))
    error = refused(path_of(108))
    assert (error.code, error.exit_code) == ("socket_path_too_long", 77)
    assert "108 bytes" in str(error)
    assert refused(path_of(200)).code == "socket_path_too_long"


def test_a_folder_that_is_exchanged_meanwhile_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "run" / "control.sock"
    listen = endpoint._listen

    def exchanged(where: Path, backlog: int) -> socket.socket:
        where.parent.rename(folder / "away")
        where.parent.mkdir(mode=0o700)
        return listen(where, backlog)

    monkeypatch.setattr(endpoint, "_listen", exchanged)
    assert refused(path).code == "socket_folder_refused"


def test_a_name_that_somebody_else_took_meanwhile_is_not_removed(folder: Path) -> None:
    path = folder / "run" / "control.sock"
    made = endpoint.bind(path, 1)
    path.unlink()
    path.write_text("another's")
    endpoint.remove(made)
    assert path.read_text() == "another's"


def test_check_refuses_before_anything_is_bound(folder: Path) -> None:
    path = folder / "run" / "control.sock"
    endpoint.check(path)
    assert path.parent.is_dir()
    assert not path.exists()
    path.parent.chmod(0o755)
    with pytest.raises(EndpointRefused):
        endpoint.check(path)
