"""What holds for all tests: a home of their own, no settings of the developer, and coverage floors of 100 % where rules live."""

from __future__ import annotations

import io
import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from coverage.exceptions import NoDataError
from hypothesis import settings

from tests.model_service import llmock

__all__ = ["llmock"]

# Where every branch must be reached: the kernel, and what is pure and therefore easy to reach. A missing file is no gap.
ROOMS = (
    "run",
    "scheduler",
    "sub_run",
    "dead_letter",
    "fan_out",
    "flow",
    "gate",
    "wait",
    "agent",
    "agent/cli",
    "agent/provider",
    "agent/tools",
    "ledger",
    "projection",
    "bundle",
    "campaign",
    "learning",
)


def _pure(room: str) -> list[str]:
    """The modules of the room that call themselves pure."""
    return [
        str(path) for path in sorted(Path("actors", room).glob("*.py")) if "Pure." in path.read_text().partition("\nfrom __future__")[0]
    ]


FLOORS = {
    "the kernel": ("supervision/*",),
    "pure rules": (
        "actors/*/rules.py",
        "actors/*/events.py",
        "actors/config/*",
        "actors/settings.py",
        "actors/watch.py",
        "actors/node/classes.py",
        "actors/library/record.py",
        "actors/workflow/cron.py",
        "actors/workflow/nominal.py",
        *(name for room in ROOMS for name in _pure(room)),
    ),
}

settings.register_profile("penstock", deadline=None, print_blob=True)
settings.load_profile("penstock")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--floors", action="store_true", help="demand 100 % branch coverage of the kernel and of pure rules (with --cov)")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("PENSTOCK_", "XDG_", "GIT_"))]:
        del os.environ[name]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background of a shell: what tests start would ignore it, too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):  # workers inherit it
        os.environ["HOME"] = tempfile.mkdtemp(prefix="penstock-home-")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """After pytest-cov has combined the data of all processes: a floor that does not hold counts as a failed test."""
    result = yield
    if session.config.getoption("--floors") and not hasattr(session.config, "workerinput"):
        session.config.stash[GAPS] = gaps = _gaps(session.config)
        session.testsfailed += len(gaps)
    return result


GAPS = pytest.StashKey[list[str]]()


def _gaps(config: pytest.Config) -> list[str]:
    plugin = config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    if controller is None:
        return ["--floors needs --cov"]
    found = []
    for name, patterns in FLOORS.items():
        table = io.StringIO()
        try:
            covered = controller.cov.report(include=list(patterns), skip_covered=True, show_missing=True, file=table)
        except NoDataError:
            covered = 0.0
        if covered < 100:
            found.append(f"{name}: {covered:.1f} % of 100 %\n{table.getvalue()}")
    return found


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for gap in config.stash.get(GAPS, []):
        terminalreporter.section("coverage floor missed")
        terminalreporter.write_line(gap)
