"""The few names of `signal` that the guardian uses, without the two milliseconds of enums that the module itself costs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import (
        SIG_IGN,
        SIGCHLD,
        SIGHUP,
        SIGINT,
        SIGKILL,
        SIGPIPE,
        SIGQUIT,
        SIGTERM,
        SIGXFSZ,
        pidfd_send_signal,
        set_wakeup_fd,
        signal,
    )
else:
    from _signal import (
        SIG_IGN,
        SIGCHLD,
        SIGHUP,
        SIGINT,
        SIGKILL,
        SIGPIPE,
        SIGQUIT,
        SIGTERM,
        SIGXFSZ,
        pidfd_send_signal,
        set_wakeup_fd,
        signal,
    )

__all__ = [
    "SIGCHLD", "SIGHUP", "SIGINT", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGTERM", "SIGXFSZ", "SIG_IGN", "pidfd_send_signal", "set_wakeup_fd",
    "signal",
]  # fmt: skip
