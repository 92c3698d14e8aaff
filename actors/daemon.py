"""The daemon: opens the memory, grows the tree, ends in order. `main` is the process, `embedded` the same inside another one."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import trio
from attrs import define, field

from actors.assembly import Assembly
from actors.config import ConfigInvalid, load
from actors.control import notify
from actors.garbage import look_rarely
from actors.paths import Places, resolve
from actors.run.messages import Drain
from actors.secrets.memory import keep_private
from actors.services import REGISTRAR
from storage import StoreFailed, Unavailable
from supervision import ActorDead, AskTimeout, Failed

if TYPE_CHECKING:
    from actors.config import Config
    from supervision import Exit

__all__ = ["Daemon", "embedded", "main"]

INTERNAL = 70
ROLLBACK = "--accept-rollback"
HELP = """usage: penstockd [--config FILE] [--data DIR] [--socket PATH] [--accept-rollback]

Serves runs in the foreground until SIGTERM or SIGINT; a second signal ends it at once.
--accept-rollback: go on with a log that is shorter than what was acknowledged (an older copy was restored); what is missing is lost.
"""


@define(eq=False)
class Daemon:
    """One daemon from start to end. `stop` may be called from its loop: once ends it in order, twice at once."""

    places: Places
    config: Config
    embedded: bool = False
    accept_rollback: bool = False
    assembly: Assembly | None = field(default=None, init=False)
    _stopping: trio.Event = field(factory=trio.Event, init=False)
    _assembled: trio.Event = field(factory=trio.Event, init=False)
    _reason: str = field(default="", init=False)
    _asked: int = field(default=0, init=False)

    def stop(self, reason: str) -> None:
        """Begin to end in order; the second call ends everything at once."""
        self._asked += 1
        self._reason = self._reason or reason
        self._stopping.set()
        if self._asked > 1 and self.assembly is not None:
            self.assembly.system.kill()

    async def wait_up(self) -> None:
        """Return when everything is up."""
        await self._assembled.wait()
        if self.assembly is not None:
            await self.assembly.system.wait_up()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> Exit:
        """Serve until stopped; `started()` means that everything below the socket has recovered. Raises what keeps it from starting."""
        with Assembly.open(self.places, self.config, self.stop, embedded=self.embedded, accept_rollback=self.accept_rollback) as assembly:
            self.assembly = assembly
            self._assembled.set()
            if assembly.workshop.vault.redactor.active and not self.embedded:
                keep_private()
            await assembly.sweep()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._end_in_order, assembly)
                ended = await assembly.system.run(task_status=task_status)
                nursery.cancel_scope.cancel()
            try:
                assembly.store.assert_sound()
            except StoreFailed as failed:
                return Failed(failed)
        return ended

    async def _end_in_order(self, assembly: Assembly) -> None:
        """Nothing new, attempts their grace, everything recorded; then the tree is stopped from right to left."""
        await self._stopping.wait()
        notify.stopping(self._reason)
        if not self.embedded:
            sys.stderr.write(f"penstockd ends in order ({self._reason}); a second signal ends it at once\n")
        whole_s = self.config.daemon.shutdown_grace_ms / 1000
        grace_s = max(0.0, whole_s - self.config.nodes.kill_grace_ms / 1000 - 1.0)
        with trio.move_on_after(max(0.5, whole_s - 1.0)), contextlib.suppress(ActorDead, AskTimeout):
            await assembly.system.ref(REGISTRAR).ask(Drain(grace_s), timeout=whole_s + 1.0)
        assembly.system.stop()
        with trio.move_on_after(1.0):
            await trio.sleep_forever()
        assembly.system.kill()


def main(argv: list[str] | None = None) -> int:
    """The process `penstockd`. Answers its exit code."""
    options = _options(sys.argv[1:] if argv is None else argv)
    if isinstance(options, int):
        return options
    try:
        rollback = options.pop(ROLLBACK, None) is not None
        places = resolve(os.environ, **options)
        config = load(os.environ, places.config_file)
        os.umask(0o077)
        return trio.run(_serve, Daemon(places, config, accept_rollback=rollback))
    except Exception as error:  # noqa: BLE001 - what a person has to mend is said in a line, the rest is ours and shown whole
        refused = _first(error)
        code = getattr(refused, "exit_code", 75 if isinstance(refused, Unavailable) else None)
        if code is None:
            traceback.print_exc()
        return _say(refused, INTERNAL if code is None else int(code))


async def _serve(daemon: Daemon) -> int:
    async with trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
            nursery.start_soon(_hear, daemon, signals)
            nursery.start_soon(_say_when_up, daemon)
            ended = await daemon.run()
            nursery.cancel_scope.cancel()
    if isinstance(ended, Failed):
        inner = _first(ended.error)
        return _say(inner, getattr(inner, "exit_code", INTERNAL))
    return 0


async def _hear(daemon: Daemon, signals: AsyncIterator[int]) -> None:
    async for number in signals:
        if number == signal.SIGHUP:
            try:
                load(os.environ, daemon.places.config_file)
            except ConfigInvalid as invalid:
                _say(invalid, 0)
            else:
                sys.stderr.write("the configuration is valid; what has changed holds from the next start\n")
        else:
            daemon.stop(signal.Signals(number).name)


async def _say_when_up(daemon: Daemon) -> None:
    await daemon.wait_up()
    look_rarely()
    notify.ready(f"listening on {daemon.places.socket}")
    sys.stderr.write(f"penstockd serves {daemon.places.data}, listening on {daemon.places.socket} (pid {os.getpid()})\n")
    interval = notify.watchdog_interval()
    while interval is not None:
        notify.watchdog()
        await trio.sleep(interval)


def _first(error: BaseException) -> BaseException:
    """What a person wants to read: the innermost first cause."""
    while True:
        inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else getattr(error, "error", None)
        if not isinstance(inner, BaseException):
            return error
        error = inner


def _say(error: BaseException, code: int) -> int:
    sys.stderr.write(f"error: {error}\ncode: {getattr(error, 'code', 'internal')}\n")
    return code


def _options(argv: list[str]) -> dict[str, str] | int:
    options: dict[str, str] = {}
    rest = list(argv)
    while rest:
        word, _, value = rest.pop(0).partition("=")
        if word in ("-h", "--help"):
            sys.stdout.write(HELP)
            return 0
        if word == ROLLBACK and not value:
            options[ROLLBACK] = "yes"
            continue
        if word not in ("--config", "--data", "--socket") or not (value or rest):
            allowed = f"--config FILE, --data DIR, --socket PATH, {ROLLBACK}"
            sys.stderr.write(f"error: {word} is no option of penstockd, or its value is missing; allowed: {allowed}\ncode: usage\n")
            return 2
        options[word[2:]] = value or rest.pop(0)
    return options


@contextlib.contextmanager
def embedded(places: Places, config: Config | None = None) -> Iterator[Daemon]:
    """The same daemon in a thread of this process, with its socket, until the block ends. Raises what keeps it from starting."""
    daemon = Daemon(places, config if config is not None else load(os.environ, places.config_file), embedded=True)
    up = threading.Event()
    failed: list[BaseException] = []
    token: list[trio.lowlevel.TrioToken] = []
    thread = threading.Thread(target=_in_thread, args=(daemon, up, failed, token), name="penstock-daemon")
    thread.start()
    up.wait()
    if failed:
        thread.join()
        raise _first(failed[0])
    try:
        yield daemon
    finally:
        _stop_and_wait(thread, token[0], daemon)


def _stop_and_wait(thread: threading.Thread, token: trio.lowlevel.TrioToken, daemon: Daemon) -> None:
    """End the daemon in order and wait; an interrupt meanwhile ends it at once."""
    while thread.is_alive():
        with contextlib.suppress(trio.RunFinishedError):
            token.run_sync_soon(daemon.stop, "the program that carries it ends")
        with contextlib.suppress(KeyboardInterrupt):
            thread.join()


def _in_thread(
    daemon: Daemon, up: threading.Event, failed: list[BaseException], token: list[trio.lowlevel.TrioToken]
) -> None:  # fmt: skip
    async def serve() -> None:
        token.append(trio.lowlevel.current_trio_token())
        async with trio.open_nursery() as nursery:
            ended: list[Exit] = []

            async def live(*, task_status: trio.TaskStatus[None]) -> None:
                ended.append(await daemon.run(task_status=task_status))
                if not up.is_set() and isinstance(ended[0], Failed):
                    raise ended[0].error

            await nursery.start(live)
            up.set()

    try:
        trio.run(serve)
    except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
        failed.append(error)
    finally:
        up.set()
