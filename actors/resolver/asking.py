"""The resolvers that the settings name: a program that is asked on its standard input, an address to which the question is posted."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import frozen

from actors.config.kinds import FORGE
from actors.outside.program import Program, run_program
from actors.outside.trouble import Trouble
from actors.outside.web import Request, fetch
from actors.resolver.answers import Said, read_answer
from actors.resolver.forge_http import ForgeResolver
from actors.resolver.means import Means, refused
from actors.resolver.registry import Context, Resolver
from actors.version import VERSION
from actors.workflow.template import TemplateError, render_text
from storage.codec import canonical

__all__ = ["ProgramResolver", "WebResolver", "made"]


@frozen
class ProgramResolver:
    """A program: the parameters as JSON on its standard input, the answer as JSON on its standard output, and 0 as its end.

    Words may hold `{{ options.NAME }}` and other parameters, each of which becomes part of that one word.
    """

    gate_type: str
    argv: tuple[str, ...]
    means: Means

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        """Raises Trouble."""
        argv = [_word(word, {**params, "run_id": run_id}) for word in self.argv]
        env = {**self.means.env, "PENSTOCK_RUN_ID": run_id, "PENSTOCK_NODE_ID": str(params["node_id"])}
        name = sha256(f"{run_id}/{params['node_id']}/{params['instance']}/{run_ctx.now_ms}".encode()).hexdigest()[:16]
        program = Program(argv, env, f"resolver/{name}", canonical({"run_id": run_id, **params}), self.means.timeout_s)
        return read_answer(self.gate_type, await run_program(self.means.guardian, program))


def _word(word: str, params: Mapping[str, Any]) -> str:
    """One word with its parameters filled in; what is filled in never becomes an option of the program."""
    try:
        filled = render_text(word, params)
    except TemplateError as error:
        raise Trouble("resolver_options_invalid", f"the word {word!r} of the resolver's command cannot be filled in: {error}") from None
    if filled != word and filled.startswith("-") and not word.startswith("-"):
        raise Trouble("resolver_options_invalid", f"what is filled in for {word!r} begins with a dash")
    return filled


@frozen
class WebResolver:
    """An address: the parameters as JSON are posted to it, the answer is the JSON body of what comes back."""

    gate_type: str
    url: str
    means: Means

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        """Raises Trouble."""
        token = self.means.token(self.gate_type, params.get("as_identity"))
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"penstock/{VERSION}"}
        headers |= {"Authorization": f"Bearer {token}"} if token is not None else {}
        reply = await fetch(Request("POST", self.url, self.means.timeout_s, headers, canonical({"run_id": run_id, **params})))
        if reply.status != 200:
            raise refused(reply, run_ctx.now_ms)
        return read_answer(self.gate_type, reply.body)


def made(gate_type: str, how: str | tuple[str, ...], means: Means) -> Resolver:
    """The resolver that one line of the settings names."""
    if not isinstance(how, str):
        return ProgramResolver(gate_type, how, means)
    if how.startswith(FORGE):
        return ForgeResolver(gate_type, how.removeprefix(FORGE).rstrip("/"), means)
    return WebResolver(gate_type, how, means)
