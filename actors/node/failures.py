"""The failures of an attempt, each with its code, a sentence that says what was wrong and what to do, and the values in it. Pure."""

from __future__ import annotations

import errno
import os
import signal

from actors.node.guardian.ends import NotStarted
from actors.node.messages import Failure
from actors.node.orders import CommandOrder, WorkOrder

__all__ = ["exited", "killed", "lost", "not_started", "out_of_time", "output_invalid", "undead", "unsendable", "workdir_missing"]

_STDERR_CHARACTERS = 2000
_NOT_EXECUTABLE = (errno.EACCES, errno.ENOEXEC, errno.EISDIR, errno.EPERM)


def not_started(action: CommandOrder, why: NotStarted, workdir: str) -> Failure:
    """The guardian could not start the command."""
    name, number = action.argv[0], why.number
    detail = {"command": name, "errno": errno.errorcode.get(number, str(number))}
    if why.stage == "cwd":
        return workdir_missing(workdir, number)
    if number in (errno.ENOENT, errno.ENOTDIR):
        where = "exists, or the interpreter it names does not" if "/" in name else "is on the PATH"
        return Failure("command_not_found", f"the command {name!r} was not found: no such file {where}", detail=detail)
    if number in _NOT_EXECUTABLE:
        text = f"{name!r} is not executable: it needs the x bit and, for a script, a first line that begins with #!"
        return Failure("command_not_executable", text, detail=detail)
    if number == errno.E2BIG:
        text = f"the arguments and variables of {name!r} are too long for the system (128 KiB for each one): pass data by file or stdin"
        return Failure("command_argument_too_long", text, detail=detail)
    return Failure("command_not_started", f"{name!r} could not be started: {os.strerror(number)}", detail=detail)


def unsendable(reason: str) -> Failure:
    """An argument or a variable that no process can be given."""
    return Failure("command_argument_invalid", f"the command cannot be started: {reason}")


def no_resources(error: OSError) -> Failure:
    """The daemon has no descriptor, process or memory for another command."""
    number = errno.errorcode.get(error.errno or 0, "")
    return Failure("command_not_started", f"the command could not be started: {error.strerror or error}", detail={"errno": number})


def workdir_missing(workdir: str, number: int) -> Failure:
    """The working folder cannot be entered."""
    text = f"the working folder {workdir!r} cannot be used: {os.strerror(number)}; it has to be a folder, and no symbolic link"
    return Failure("workdir_missing", text, detail={"workdir": workdir, "errno": errno.errorcode.get(number, str(number))})


def exited(code: int, stderr: str) -> Failure:
    """The command said no."""
    said = stderr.strip()[:_STDERR_CHARACTERS]
    last = said.splitlines()[-1] if said else "it wrote nothing to stderr"
    return Failure("command_exit_nonzero", f"the command ended with exit code {code}: {last}", detail={"exit_code": code, "stderr": said})


def killed(number: int, stderr: str) -> Failure:
    """The command was ended by a signal that was not ours."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = " (often: out of memory)" if number == signal.SIGKILL else ""
    detail = {"signal": name, "exit_code": 128 + number, "stderr": stderr.strip()[:_STDERR_CHARACTERS]}
    return Failure("command_killed", f"the command was killed by {name}{hint}", detail=detail)


def lost() -> Failure:
    """The guardian died under the command."""
    text = "the guardian process died; the command was killed, and what it had done by then is not known"
    return Failure("guardian_lost", text, unknown=True)


def undead(count: int) -> Failure:
    """Processes that could not be killed."""
    text = f"{count} processes of the command could not be killed (another user's, or stuck in the kernel): end them by hand"
    return Failure("command_unkillable", text, detail={"processes": count}, unknown=True)


def out_of_time(order: WorkOrder, code: str, after_ms: int) -> Failure:
    """A time limit has passed; nothing of the attempt is left, but what it had done by then is not known."""
    what = "wrote nothing for" if code == "node_idle_timeout" else "was not done within"
    detail = {"node_id": order.node_id, "after_ms": after_ms}
    return Failure(
        code, f"node {order.node_id!r} {what} {after_ms} ms and was ended", "timeout", detail, unknown=True, category="node_timeout"
    )


def run_dir_unusable(error: OSError) -> Failure:
    """There is no room for the attempt's logs and output; nothing was started."""
    detail = {"errno": errno.errorcode.get(error.errno or 0, ""), "path": error.filename}
    return Failure("run_dir_unusable", f"the run's folder cannot be written: {error.strerror}: {error.filename}", detail=detail)


def log_unwritable(error: OSError) -> Failure:
    """The command did its work, but its log could not be kept."""
    detail = {"errno": errno.errorcode.get(error.errno or 0, ""), "path": error.filename}
    return Failure("log_unwritable", f"the command ended well, but its log could not be written: {error.strerror}", detail=detail)


def output_invalid(code: str, text: str) -> Failure:
    """What came back is not what was ordered."""
    return Failure(code, text, "artifact_contract_unmet")
