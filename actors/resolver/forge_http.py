"""The resolver for a forge with a REST API as GitHub has it: reviews of a pull request, check runs and statuses of a commit.

What was found at an address is remembered under its ETag in the gate's own log, so that a question whose answer is the same costs the
forge next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from attrs import Factory, define, frozen

from actors.outside.trouble import not_before
from actors.outside.web import Request, fetch
from actors.resolver.answers import Checks, Said, invalid, judge_reviews, read_json
from actors.resolver.forge import Target, checks_of, pull_of, reviews_of, statuses_of, target_of
from actors.resolver.means import Means, refused
from actors.resolver.registry import Context
from actors.version import VERSION

__all__ = ["ForgeResolver"]

PAGE = 100
MOST_PAGES = 10


@frozen
class ForgeResolver:
    """`pr_checks` asks for checks and statuses; other types ask for reviews. The gate's options say where to look."""

    gate_type: str
    base: str
    means: Means

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        """Raises Trouble."""
        target = target_of(params.get("options") or {}, commit=self.gate_type == "pr_checks")
        token = self.means.token(self.gate_type, params.get("as_identity"))
        visit = _Visit(self, token, run_ctx)
        said = await self._asked(visit, target)
        return Said(said.state, said.text, said.approvals, visit.memo, visit.not_before_ms)

    async def _asked(self, visit: _Visit, target: Target) -> Said:
        pull = None
        if target.pull is not None:
            pull = await visit.get(f"/repos/{target.repository}/pulls/{target.pull}", pull_of)
            if pull["closed"]:
                return Said("rejected", f"pull request {target.pull} was closed without being merged")
        if self.gate_type != "pr_checks":
            found = await visit.pages(f"/repos/{target.repository}/pulls/{target.pull}/reviews", reviews_of)
            return judge_reviews([(str(who), str(word)) for who, word in found])
        commit = quote(target.ref or str(pull["sha"] if pull is not None else ""), safe="")
        checks = await visit.pages(f"/repos/{target.repository}/commits/{commit}/check-runs", checks_of)
        statuses = await visit.pages(f"/repos/{target.repository}/commits/{commit}/status", statuses_of)
        return Checks(tuple((str(name), str(word)) for name, word in (*checks, *statuses))).judge()


@define
class _Visit:
    """One question: `memo` is what is to be remembered of it. `not_before_ms`: the forge has nothing left for us until then."""

    resolver: ForgeResolver
    token: str | None
    context: Context
    memo: dict[str, Any] = Factory(dict)
    not_before_ms: int | None = None

    async def get(self, path: str, read: Callable[[Any], Any]) -> Any:
        """What `read` makes of the answer, or made of the same answer before."""
        known = self.context.memo.get(path)
        headers = {
            "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": f"penstock/{VERSION}",
        }  # fmt: skip
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        headers |= {"If-None-Match": known["etag"]} if known is not None else {}
        reply = await fetch(Request("GET", self.resolver.base + path, self.resolver.means.timeout_s, headers))
        if reply.status == 304 and known is not None:
            self.memo[path] = known
            return known["found"]
        if reply.status != 200:
            raise refused(reply, self.context.now_ms)
        found = read(read_json(reply.body))
        self.not_before_ms = not_before(reply.headers, self.context.now_ms) or self.not_before_ms
        if etag := reply.headers.get("etag"):
            self.memo[path] = {"etag": etag, "found": found}
        return found

    async def pages(self, path: str, read: Callable[[Any], list[list[str]]]) -> list[list[str]]:
        """The same for a list that comes in pages."""
        found: list[list[str]] = []
        for page in range(1, MOST_PAGES + 1):
            part = await self.get(f"{path}?per_page={PAGE}&page={page}", read)
            found += part
            if len(part) < PAGE:
                return found
        raise invalid(f"more than {PAGE * MOST_PAGES} reviews or checks")
