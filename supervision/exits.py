"""How an incarnation ended: four values, as in OTP. Not errors: an exit is data that a supervisor judges."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Exit", "Failed", "Killed", "Normal", "Shutdown", "is_abnormal", "sift"]


@frozen
class Normal:
    """It had nothing left to do and ended by itself."""


@frozen
class Shutdown:
    """It was asked to stop and did so in order."""


@frozen
class Killed:
    """It was cut off: brutal kill, a deadline that ran out, or the end of the whole system."""


@frozen
class Failed:
    """It broke. `error` is what escaped: an exception, or a group when several tasks of the actor broke together."""

    error: BaseException


Exit = Normal | Shutdown | Killed | Failed


def is_abnormal(ended: Exit) -> bool:
    """Whether a transient child is restarted after such an end."""
    return isinstance(ended, Failed | Killed)


def sift(error: BaseException) -> tuple[Exception | None, BaseException | None]:
    """Split what escaped a task into the actor's own failure and what must travel on (cancellation from outside, interrupts)."""
    if isinstance(error, Exception):
        return error, None
    if isinstance(error, BaseExceptionGroup):
        own, foreign = error.split(Exception)
        assert own is None or isinstance(own, Exception)
        return own, foreign
    return None, error
