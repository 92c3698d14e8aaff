"""A command node: its output, its logs, its environment, and each way in which it can fail."""

# ruff: noqa: ASYNC240, PTH208  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve

from actors.node import failures
from actors.node.executor import perform
from actors.node.guardian.ends import NotStarted
from actors.node.messages import Failure, Success
from actors.node.orders import CommandOrder, WorkOrder
from actors.node.tools import Tools
from tests.actors.node.support import sh

Orders = Callable[..., WorkOrder]


async def failed(order: WorkOrder, tools: Tools) -> Failure:
    verdict = await perform(order, tools)
    assert isinstance(verdict, Failure)
    return verdict


async def succeeded(order: WorkOrder, tools: Tools) -> Success:
    verdict = await perform(order, tools)
    assert isinstance(verdict, Success), verdict
    return verdict


def log(order: WorkOrder, stream: str) -> Path:
    return Path(order.run_dir, "logs", f"{order.node_id}.{order.instance}.{order.attempt}.{stream}")


async def test_stdout_is_the_output_without_its_last_newline(order: Orders, tools: Tools) -> None:
    assert await perform(order(CommandOrder(("printf", "one\\ntwo\\n\\n"))), tools) == Success("one\ntwo\n")


async def test_both_streams_are_in_the_logs_of_the_attempt(order: Orders, tools: Tools) -> None:
    task = order(sh("echo out; echo err >&2"))
    await perform(task, tools)
    assert (log(task, "out").read_bytes(), log(task, "err").read_bytes()) == (b"out\n", b"err\n")
    assert log(task, "out").stat().st_mode & 0o777 == 0o600


async def test_a_silent_command_leaves_no_logs(order: Orders, tools: Tools) -> None:
    task = order(CommandOrder(("true",)))
    assert await perform(task, tools) == Success("")
    assert os.listdir(Path(task.run_dir, "logs")) == []


async def test_stdin_is_what_was_ordered_however_long(order: Orders, tools: Tools) -> None:
    text = "ä" * 300_000
    assert (await succeeded(order(CommandOrder(("wc", "-c"), stdin=text)), tools)).output == "600000"


async def test_without_stdin_there_is_nothing_to_read(order: Orders, tools: Tools) -> None:
    assert (await succeeded(order(CommandOrder(("cat",))), tools)).output == ""


async def test_it_runs_in_its_working_folder(order: Orders, tools: Tools) -> None:
    task = order(CommandOrder(("pwd",)))
    assert (await succeeded(task, tools)).output == task.workdir


async def test_the_environment_is_an_allow_list_and_what_was_declared(order: Orders, tools: Tools) -> None:
    tools.base_env.clear()
    tools.base_env["PATH"] = os.environ["PATH"]
    task = order(CommandOrder(("env",), env={"COLOUR": "blue", "LD_PRELOAD": "x.so", "PATH": "/x", "PENSTOCK_RUN_ID": "y"}))
    verdict = await succeeded(task, tools)
    found = dict(line.split("=", 1) for line in verdict.output.splitlines())
    assert found == {
        "PATH": os.environ["PATH"],
        "COLOUR": "blue",
        "PENSTOCK_OUTPUT": f"{task.run_dir}/outputs/build.1.{task.attempt}.json",
        "PENSTOCK_USAGE": f"{task.run_dir}/outputs/build.1.{task.attempt}.usage",
        "PENSTOCK_RUN_ID": "run-1",
        "PENSTOCK_NODE_ID": "build",
        "PENSTOCK_ATTEMPT_NUMBER": str(task.attempt),
        "PENSTOCK_IDEMPOTENCY_KEY": "key-1",
        "PENSTOCK_ATTEMPT": task.token,
        "PENSTOCK_STORE": tools.guardian.tag,
    }
    assert [warning.split(":")[0] for warning in verdict.warnings] == ["env_name_refused"] * 3


async def test_an_exit_code_is_a_failure_with_the_end_of_stderr_in_its_sentence(order: Orders, tools: Tools) -> None:
    failure = await failed(order(sh("echo first >&2; echo 'no such branch' >&2; exit 3")), tools)
    assert (failure.code, failure.failure_class, failure.unknown) == ("command_exit_nonzero", "execution_error", False)
    assert failure.detail == {"exit_code": 3, "stderr": "first\nno such branch"}
    assert failure.message.endswith("exit code 3: no such branch")


async def test_of_stderr_the_first_two_thousand_characters_are_kept(order: Orders, tools: Tools) -> None:
    failure = await failed(order(sh("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1")), tools)
    assert failure.detail["stderr"] == "x" * 2000


@pytest.mark.parametrize(("name", "number"), [("SEGV", 139), ("KILL", 137), ("TERM", 143)])
async def test_death_by_a_signal_is_named(order: Orders, tools: Tools, name: str, number: int) -> None:
    failure = await failed(order(sh(f"echo why >&2; kill -{name} $$")), tools)
    assert failure.code == "command_killed"
    assert failure.detail == {"signal": f"SIG{name}", "exit_code": number, "stderr": "why"}


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("no-such-command",), "command_not_found"),
        (("/no/such/file",), "command_not_found"),
        (("/etc/passwd",), "command_not_executable"),
        (("true", "x" * 200_000), "command_argument_too_long"),
        (("true", "a\0b"), "command_argument_invalid"),
        ((), "command_argument_invalid"),
        (("true", "\ud800"), "command_argument_invalid"),
    ],
)
async def test_what_cannot_be_started_fails_with_its_cause(order: Orders, tools: Tools, argv: tuple[str, ...], code: str) -> None:
    assert (await failed(order(CommandOrder(argv)), tools)).code == code


async def test_a_script_whose_interpreter_is_missing_is_explained(order: Orders, tools: Tools) -> None:
    task = order(CommandOrder(("./tool",)))
    tool = Path(task.workdir, "tool")
    tool.write_text("#!/no/such/interpreter\n")
    tool.chmod(0o755)
    failure = await failed(task, tools)
    assert failure.code == "command_not_found"
    assert "interpreter" in failure.message


async def test_a_program_of_another_kind_of_machine_is_not_executable(order: Orders, tools: Tools) -> None:
    task = order(CommandOrder(("./tool",)))
    tool = Path(task.workdir, "tool")
    tool.write_bytes(b"\0\0\0\0")
    tool.chmod(0o755)
    assert (await failed(task, tools)).code == "command_not_executable"


@pytest.mark.parametrize("what", ["missing", "file", "link"])
async def test_the_working_folder_has_to_be_a_folder(order: Orders, tools: Tools, tmp_path: Path, what: str) -> None:
    place = tmp_path / what
    if what == "file":
        place.write_text("")
    elif what == "link":
        place.symlink_to("/tmp")
    failure = await failed(evolve(order(CommandOrder(("true",))), workdir=str(place)), tools)
    assert failure.code == "workdir_missing"
    assert failure.detail["workdir"] == str(place)


async def test_a_run_folder_that_cannot_be_written_is_a_failure_and_nothing_is_started(order: Orders, tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failure = await failed(evolve(order(CommandOrder(("true",))), run_dir=str(tmp_path / "file")), tools)
    assert (failure.code, tools.guardian.pid) == ("run_dir_unusable", None)


async def test_a_log_that_cannot_be_written_fails_the_step_once_it_is_done(order: Orders, tools: Tools) -> None:
    task = order(sh("head -c 200000 /dev/zero; touch done"))
    Path(task.run_dir, "logs").mkdir()
    log(task, "out").symlink_to("/dev/full")
    failure = await failed(task, tools)
    assert (failure.code, failure.detail["errno"]) == ("log_unwritable", "ELOOP")
    assert Path(task.workdir, "done").exists()


@pytest.mark.parametrize("pipes", [0, 1])
async def test_descriptors_may_run_out(order: Orders, tools: Tools, monkeypatch: pytest.MonkeyPatch, pipes: int) -> None:
    real, made = os.pipe, count()

    def full() -> tuple[int, int]:
        if next(made) < pipes:
            return real()
        raise OSError(24, "Too many open files")

    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "pipe", full)
    failure = await failed(order(CommandOrder(("true",))), tools)
    assert (failure.code, failure.detail) == ("command_not_started", {"errno": "EMFILE"})
    assert len(os.listdir("/proc/self/fd")) == before


async def test_a_guardian_that_cannot_be_started_is_the_steps_failure(order: Orders, tools: Tools) -> None:
    tools.guardian._interpreter = ("/no/such/python",)
    before = len(os.listdir("/proc/self/fd"))
    failure = await failed(order(CommandOrder(("true",))), tools)
    assert (failure.code, failure.detail) == ("command_not_started", {"errno": "ENOENT"})
    assert len(os.listdir("/proc/self/fd")) == before


def test_causes_that_are_hard_to_bring_about_have_their_words_too() -> None:
    action = CommandOrder(("tool",))
    codes = {
        failures.not_started(action, NotStarted(errno.ENOENT, "cwd"), "/work").code: "workdir_missing",
        failures.not_started(action, NotStarted(errno.EAGAIN, "exec"), "/work").code: "command_not_started",
        failures.undead(2).code: "command_unkillable",
        failures.killed(40, "").detail["signal"]: "signal 40",
    }
    assert all(found == expected for found, expected in codes.items())
    assert failures.undead(2).unknown


async def test_what_a_command_leaves_behind_is_ended_and_told(order: Orders, tools: Tools) -> None:
    verdict = await succeeded(order(sh("(setsid sleep 1000 &) ; echo done")), tools)
    assert verdict.output == "done"
    assert verdict.warnings == ("leftovers_killed: the command left 1 processes behind; they were ended",)


async def test_a_command_that_closes_its_streams_and_lives_on_is_waited_for(order: Orders, tools: Tools) -> None:
    task = order(sh("exec >&- 2>&-; sleep 0.1; touch done"))
    assert await perform(task, tools) == Success("")
    assert Path(task.workdir, "done").exists()


async def test_nothing_of_an_attempt_stays_open(order: Orders, tools: Tools) -> None:
    await perform(order(CommandOrder(("true",))), tools)
    before = len(os.listdir("/proc/self/fd"))
    for action in (CommandOrder(("true",), stdin="x"), sh("echo a; echo b >&2; exit 1"), CommandOrder(("no-such-command",))):
        await perform(order(action), tools)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_a_child_has_the_three_standard_descriptors_only(order: Orders, tools: Tools) -> None:
    script = "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
    assert (await succeeded(order(CommandOrder((sys.executable, "-I", "-S", "-c", script))), tools)).output == "[0, 1, 2]"
