"""`penstock`: the table of commands. Each is imported only when it is used, so that the client starts fast."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from actors.cli import exits
from actors.cli.link import Link

__all__ = ["LazyGroup", "cli", "main"]

_SECTIONS = {
    "Workflows and runs": {
        "run": ("run:run", "Run a workflow file, one of the project by its name, or a stored workflow by its id."),
        "check": ("check:check", "Validate workflow files; nothing is run or stored."),
        "fmt": ("notation:fmt", "Put .wf files into the one layout; comments stay."),
        "convert": ("notation:convert", "Write a workflow file in another notation."),
        "ls": ("look:ls", "List runs, newest first."),
        "show": ("look:show", "Show one run with its nodes, or one of its gates."),
        "graph": ("graph.command:graph", "Draw the graph of a workflow file, a stored workflow or a run."),
        "why": ("look:why", "Say why a run is where it is, and what would move it on."),
        "events": ("look:events", "Print a run's events, oldest first."),
        "history": ("history:history", "Show the public history of a run."),
        "logs": ("look:logs", "Print what a run's nodes wrote."),
        "report": ("look:report", "Print the report of a run."),
        "workflow": ("flows:workflow", "Store, list, show, pause, remove and restore workflows."),
    },
    "Gates": {
        "gates": ("inbox:gates", "Show what waits for a person."),
        "approve": ("gates:approve", "Approve a gate."),
        "reject": ("gates:reject", "Reject a gate: its node fails."),
        "rework": ("gates:rework", "Send the work before a gate back, with feedback."),
        "cancel-gate": ("gates:cancel_gate", "Answer a gate by cancelling its run."),
    },
    "Steering a run": {
        "pause": ("steer:pause", "Pause a run."),
        "resume": ("steer:resume", "Resume a paused run."),
        "cancel": ("steer:cancel", "Cancel a run."),
        "finish": ("recovery:finish", "End a run with what it has."),
    },
    "When something went wrong": {
        "retry": ("steer:retry", "Give a failed node fresh attempts."),
        "recover": ("recovery:recover", "Let a run go on that failed, is blocked or is paused."),
        "requeue": ("recovery:requeue", "Begin a node anew, with all that depends on it."),
        "continue": ("recovery:continue_", "Try a blocked node again."),
        "repair": ("recovery:repair", "Go on with another definition of a node."),
        "fork": ("recovery:fork", "Make a new run from one that has ended."),
        "dead-letters": ("letters:dead_letters", "Look at what failed for good, and settle it."),
    },
    "What runs wait for": {
        "waits": ("waits:waits", "List what is waited for."),
        "signal": ("waits:signal", "Tell a run that something has happened."),
        "resolve": ("waits:resolve", "Say that the condition holds that a node waits for."),
        "webhook": ("waits:webhook", "Hand in a webhook delivery."),
    },
    "What begins by itself": {
        "schedule": ("schedules:schedule", "See what is scheduled, and hold it."),
        "handoffs": ("handoffs:handoffs", "See what one workflow hands to another, and let it in."),
    },
    "Worktrees": {
        "worktree": ("worktrees:worktree", "See the worktrees of runs, and remove those that are left."),
    },
    "Agents": {
        "steer": ("steer_agent:steer", "Say something to an agent at work."),
        "ledger": ("ledger:ledger", "List the calls of models that a run has made, or sum up those of all runs."),
        "tools": ("tools:tools", "List the tools that the agents of a run have used, and what came of it."),
        "mcp": ("mcp:mcp", "See the MCP servers of the configuration, and their tools."),
        "personas": ("personas:personas", "See the personas that runs can be bound to, and consent to them."),
    },
    "Making workflows better": {
        "learning": ("learnings:learning", "What runs that have ended teach, and what people say to it."),
        "campaign": ("campaigns:campaign", "Improve a workflow by tiny, measured changes, each of which a person approves."),
    },
    "The installation": {
        "queue": ("queue:queue", "Show which runs have a slot, which wait, and why."),
        "throttle": ("queue:throttle", "Hold up runs that need an outside service."),
        "metrics": ("metrics:metrics", "Print the daemon's numbers as Prometheus reads them."),
        "tree": ("look:tree", "Show the daemon's actors."),
        "notify": ("notify:notify", "Look at the hook that is told what needs a person."),
        "doctor": ("doctor:doctor", "Check this installation and say what to do."),
        "secrets": ("secrets:handles", "List the secrets that steps can be given, and whether they can be read."),
        "config": ("settings:config", "Print the settings in force and where each came from."),
        "backup": ("upkeep:backup", "Write a consistent copy of the database."),
        "verify": ("upkeep:verify", "Verify the log and the audit trail."),
        "purge": ("purge:purge", "Remove runs that have ended, for good."),
        "export": ("bundles:export", "Write a run into one sealed file."),
        "import": ("bundles:import_", "Verify what `export` wrote, and bring the history of its run in."),
        "archive": ("archive:archive", "Look at runs that were archived and removed."),
        "send": ("steer:send", "Inject one typed message into an actor."),
    },
}
_COMMANDS = {name: entry for section in _SECTIONS.values() for name, entry in section.items()}


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-line helps, and imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(f"actors.cli.{module}"), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with the nearest one."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            ctx.fail(f"there is no command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, without importing anything."""
        widest = max(map(len, _COMMANDS))
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), text) for name, (_, text) in commands.items()])

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        """Run a command line; always ends in SystemExit with the code of the interface."""
        try:
            sys.exit(super().main(args, prog_name="penstock", standalone_mode=False) or exits.OK)
        except click.exceptions.Exit as done:
            sys.exit(done.exit_code)
        except click.Abort:
            sys.exit(exits.report(KeyboardInterrupt()))
        except click.ClickException as error:
            sys.exit(_usage(error))
        except Exception as error:  # noqa: BLE001  the last resort of the process: everything becomes a message and a code
            sys.exit(exits.report(error))


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return exits.USAGE
    exits.report(exits.Told("usage", error.format_message(), exits.USAGE))
    context = getattr(error, "ctx", None)
    if context is not None:
        click.echo(f"{context.get_usage()}\nTry '{context.command_path} --help'.", err=True)
    return exits.USAGE


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="DIR", help="Data folder; default $PENSTOCK_HOME, else $XDG_DATA_HOME/penstock.")
@click.option("--socket", metavar="PATH", help="Control socket; default below $XDG_RUNTIME_DIR, else below the data folder.")
@click.option("--config", metavar="FILE", help="Configuration file; default $XDG_CONFIG_HOME/penstock/penstock.toml.")
@click.version_option(package_name="penstock")
@click.pass_context
def cli(context: click.Context, data: str | None, socket: str | None, config: str | None) -> None:
    """Durable agent workflows: start them, watch them, decide their gates.

    \b
    First steps:
      penstock check hello.yaml          is it right?
      penstock run hello.yaml            run it, watch it, answer its gates
      penstock ls                        which runs are there?
      penstock why RUN                   why is it where it is, and what moves it on?

    Without a daemon (penstockd), `run` carries one for as long as it lasts, and what only looks reads the store.
    """
    context.obj = Link(data=data, socket=socket, config=config)


def main() -> None:
    """The executable's body."""
    cli.main()
