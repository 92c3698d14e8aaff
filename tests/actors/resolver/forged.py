"""A forge on the loopback: pull requests, reviews, checks and statuses as GitHub's REST API tells them, with ETags and rate limits."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from attrs import Factory, define

from tests.actors.outside.served import Asked, Server, answer

__all__ = ["Forge"]


@define
class Forge:
    """`trouble` is sent instead of the next answers, one each. `told`: how often an address was answered in full, and with 304."""

    reviews: list[tuple[str, str]] = Factory(list)
    checks: list[tuple[str, str, str | None]] = Factory(list)
    statuses: list[tuple[str, str]] = Factory(list)
    state: str = "open"
    merged: bool = False
    sha: str = "c0ffee"
    etags: bool = True
    headers: dict[str, str] = Factory(dict)
    trouble: list[bytes] = Factory(list)
    full: int = 0
    unchanged: int = 0

    def join(self, server: Server) -> None:
        """From now on the server is this forge."""
        server.respond = self.respond

    def respond(self, asked: Asked) -> bytes:
        if self.trouble:
            return self.trouble.pop(0)
        parts = urlsplit(asked.path)
        value = self._value(parts.path, {name: int(values[0]) for name, values in parse_qs(parts.query).items()})
        if value is None:
            return answer(404, {"message": "Not Found"})
        etag = f'W/"{sha256(orjson.dumps(value)).hexdigest()[:12]}"'
        if self.etags and asked.headers.get("if-none-match") == etag:
            self.unchanged += 1
            return answer(304, ETag=etag, **self.headers)
        self.full += 1
        return answer(200, value, **({"ETag": etag} if self.etags else {}), **self.headers)

    def _value(self, path: str, query: dict[str, int]) -> Any:
        size, page = query.get("per_page", 30), query.get("page", 1)

        def part(rows: list[Any]) -> list[Any]:
            return rows[(page - 1) * size : page * size]

        match path.split("/")[1:]:
            case ["repos", "acme", "site", "pulls", "7"]:
                return {"number": 7, "state": self.state, "merged": self.merged, "head": {"sha": self.sha}, "body": "private words"}
            case ["repos", "acme", "site", "pulls", "7", "reviews"]:
                return part([{"user": {"login": who}, "state": word, "body": "private words"} for who, word in self.reviews])
            case ["repos", "acme", "site", "commits", self.sha | "main", "check-runs"]:
                rows = [{"name": name, "status": status, "conclusion": end} for name, status, end in self.checks]
                return {"total_count": len(rows), "check_runs": part(rows)}
            case ["repos", "acme", "site", "commits", self.sha | "main", "status"]:
                return {"state": "pending", "statuses": part([{"context": name, "state": word} for name, word in self.statuses])}
        return None
