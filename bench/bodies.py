"""Response bodies: the one that GitHub sends, and one with repositories that have every property."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any

TOKEN = "LLBF3JGZDX3P5PMEXLND6TS6FCWO6"  # noqa: S105 - GitHub's own example


def token(expires_at: datetime) -> bytes:
    """Return the body of a usual response."""
    return json.dumps({"token": TOKEN, "expires_at": expires_at.isoformat(timespec="milliseconds")}).encode()


def full(document: dict[str, Any], count: int) -> bytes:
    """Return a body with `count` different repositories, the same each time.

    `document` is the slice and not the contract: it has the values of enums, and githubkit accepts no others.
    """
    schemas, source = document["components"]["schemas"], random.Random(0)  # noqa: S311 - not a secret

    def value(schema: dict[str, Any]) -> Any:  # noqa: PLR0911 - a table
        match schema:
            case {"$ref": reference}:
                return value(schemas[reference.rpartition("/")[2]])
            case {"properties": properties}:
                return {name: value(field) for name, field in properties.items()}
            case {"enum": choices}:
                return source.choice([choice for choice in choices if choice is not None])
            case {"type": "array", "items": items}:
                return [value(items) for _ in range(source.randrange(1, 5))]
            case {"type": "boolean"}:
                return bool(source.getrandbits(1))
            case {"type": "integer"}:
                return source.randrange(2**30)
            case {"format": "date-time"}:
                return f"2026-{source.randrange(1, 13):02}-14T09:26:53Z"
            case text:
                return text.get("example", "déploiement_部署").replace("octocat", f"octo-{source.randrange(10_000)}")

    response = {"token": TOKEN, "expires_at": "2026-07-11T22:14:10.123-08:00", "permissions": {"issues": "read"}}
    repositories = [value(schemas["repository"]) for _ in range(count)]
    response |= {"repositories": repositories, "single_file": "config.yaml", "repository_selection": "selected"}
    return json.dumps(response, separators=(",", ":"), ensure_ascii=False).encode()
