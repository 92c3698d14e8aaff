"""`penstock steer`: a person says something to an agent at work."""

from __future__ import annotations

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import emit, print_json, visible

__all__ = ["steer"]


@click.command()
@options.run_id
@click.argument("node_id", metavar="NODE")
@click.argument("text", metavar="TEXT")
@options.request_id
@options.as_json
@click.pass_context
def steer(context: click.Context, run_id: str, node_id: str, text: str, request_id: str | None, *, as_json: bool) -> int:
    """Say something to an agent at work.

    The agent hears it after its present answer and the tools that it asks for, before it is asked again; one that would have ended hears it
    first and goes on. One that has not begun, or is between two attempts, hears it when it begins. It is heard once, whatever happens.

    \b
    Examples:
      penstock steer RUN draft "Leave out the changes to the build."
    """
    from actors.cli.ids import new_request_id

    params = {"run_id": run_id, "node_id": node_id, "text": text, "request_id": request_id or new_request_id()}
    with link_of(context).client() as client:
        answer = client.call("agent.steer", params)
    if as_json:
        print_json(answer)
    else:
        when = "it is heard at the next message border" if answer["at_work"] else "it is heard when the agent begins"
        emit(visible(f"{run_id}: message {answer['number']} to {node_id}; {when}"))
    return exits.OK
