"""Everything the kernel raises. Few, and each says who is to blame; domain refusals are reply values and never appear here."""

from __future__ import annotations

from supervision.exits import Exit

__all__ = [
    "ActorDead", "AlreadyStarted", "AskTimeout", "Ignore", "MailboxFull", "NotAccepted", "RestartIntensityExceeded", "StartFailed",
    "UnknownActor",
]  # fmt: skip


class MailboxFull(Exception):
    """The receiver at `path` is overloaded: its mailbox has no room and its policy is not to wait."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the mailbox of {path!r} is full")
        self.path = path


class ActorDead(Exception):
    """Nobody at `path` can answer. `exit` tells how the one who was asked ended, None when nobody was there to begin with."""

    def __init__(self, path: str, ended: Exit | None = None) -> None:
        super().__init__(path, ended)
        self.path = path
        self.exit = ended

    def __str__(self) -> str:  # made when it is read: these are raised often and read seldom
        return f"nobody is alive at {self.path!r}" if self.exit is None else f"{self.path!r} ended before it answered: {self.exit}"


class AskTimeout(Exception):
    """The actor at `path` lives but did not answer within `seconds`. It may still handle the request."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__(f"{path!r} did not answer within {seconds} s")
        self.path = path
        self.seconds = seconds


class Ignore(Exception):
    """Raised by `started()`: this child is not needed here. Its supervisor goes on without it, which is no failure."""


class StartFailed(Exception):
    """The child at `path` could not be started; `error` says why."""

    def __init__(self, path: str, error: BaseException) -> None:
        super().__init__(f"{path!r} did not start: {error!r}")
        self.path = path
        self.error = error
        self.__cause__ = error


class AlreadyStarted(Exception):
    """A child of that id is alive, restarting or still stopping: ids of living children are unique."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path!r} is taken by a child that has not ended")
        self.path = path


class RestartIntensityExceeded(Exception):
    """Children of the supervisor at `path` broke more often than its budget allows: `intensity` restarts in `period` seconds."""

    def __init__(self, path: str, intensity: int, period: float) -> None:
        super().__init__(f"supervisor {path!r}: more than {intensity} restarts in {period} s")
        self.path = path


class UnknownActor(Exception):
    """No living actor (or dynamic supervisor, where one is asked for) has that path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"there is no living actor at {path!r}")
        self.path = path


class NotAccepted(Exception):
    """The actor at `path` does not take messages of that class from outside; its `accepts` lists those it takes."""

    def __init__(self, path: str, message: object) -> None:
        super().__init__(f"{path!r} takes no {type(message).__name__} from outside")
        self.path = path
