"""`penstock doctor`: looks at the installation and says, line by line, what is well and what to do about the rest. Changes nothing."""

from __future__ import annotations

import click

from actors.cli import exits, options
from actors.cli.checks import CHECKS, NETWORK, Finding
from actors.cli.link import Link, link_of
from actors.cli.text import emit, print_json, visible

__all__ = ["doctor", "examine"]


@click.command()
@click.option(
    "--backends", is_flag=True, help="Connect to the services that models run at, too. Nothing is asked of them, and nothing paid."
)
@options.as_json
@click.pass_context
def doctor(context: click.Context, *, backends: bool, as_json: bool) -> int:
    """Check this installation and say what to do.

    Settings, folders, disk, SQLite, socket, processes, backends, MCP servers. Exit code 1 when something fails.
    """
    findings = examine(link_of(context), network=backends)
    if as_json:
        print_json([{"check": one.check, "level": one.level, "text": one.text, "advice": one.advice} for one in findings])
    else:
        for one in findings:
            emit(visible(f"{one.level:4}  {one.check}: {one.text}"))
            if one.advice:
                emit(visible(f"      -> {one.advice}"))
    return exits.FAILED if any(one.level == "fail" for one in findings) else exits.OK


def examine(link: Link, *, network: bool = False) -> list[Finding]:
    """All findings. A check that breaks is itself a finding, so that one trouble does not hide the others."""
    findings: list[Finding] = []
    for name, check in (CHECKS | NETWORK if network else CHECKS).items():
        try:
            findings += check(link)
        except Exception as error:  # noqa: BLE001  the doctor reports whatever it meets
            findings.append(Finding("fail", name, f"the check itself broke: {type(error).__name__}: {error}", "report this"))
    return findings
