"""What the server answers and what is read: the everyday token, and one with full repositories."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

TOKEN = "LLBF3JGZDX3P5PMEXLND6TS6FCWO6"  # noqa: S105 - GitHub's own example
ORG = "octo-org"
PATH = f"/orgs/{ORG}/actions/runners/registration-token"

Schema = Mapping[str, Any]

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_NODE_ID = string.ascii_letters + string.digits
_NOUNS = ("deploy", "gateway", "billing", "search", "mobile", "docs", "infra", "runner", "schema", "ledger")
_KINDS = ("api", "service", "client", "worker", "tools", "actions", "examples", "site")
_LICENSES = (
    {"key": "mit", "name": "MIT License", "spdx_id": "MIT", "url": "https://api.github.com/licenses/mit"},
    {"key": "apache-2.0", "name": "Apache License 2.0", "spdx_id": "Apache-2.0"},
    {"key": "bsd-3-clause", "name": 'BSD 3-Clause "New" or "Revised" License', "spdx_id": "BSD-3-Clause"},
)
# GitHub's description has no example of these, or takes few values.
_WORDS: dict[str, tuple[str, ...]] = {
    "default_branch": ("main", "master", "develop"),
    "description": ("The service behind the billing pages", "Déploiement, à la main: 部署", 'Tools for "octo" people'),
    "email": ("octocat@github.com", "monalisa@example.com"),
    "homepage": ("https://octo.example.com", "https://github.com"),
    "language": ("Python", "Go", "TypeScript", "C++"),
    "master_branch": ("main", "master"),
    "merge_commit_message": ("PR_BODY", "PR_TITLE", "BLANK"),
    "merge_commit_title": ("PR_TITLE", "MERGE_MESSAGE"),
    "owner.name": ("Mona Lisa Octocat", "Hubot"),
    "pull_request_creation_policy": ("all", "collaborators_only"),
    "squash_merge_commit_message": ("PR_BODY", "COMMIT_MESSAGES", "BLANK"),
    "squash_merge_commit_title": ("PR_TITLE", "COMMIT_OR_PR_TITLE"),
    "topics": ("octocat", "atom", "electron", "api", "self-hosted-runner", "github-actions"),
    "type": ("User", "Organization"),
    "user_view_type": ("public", "private"),
    "visibility": ("public", "private", "internal"),
}


def token(now: datetime) -> bytes:
    """The answer to a call, as GitHub writes it: a token that is good for an hour."""
    expires_at = (now + timedelta(hours=1)).isoformat(timespec="milliseconds")
    return json.dumps({"token": TOKEN, "expires_at": expires_at}, separators=(",", ":")).encode()


def full(contract: Mapping[str, Any], count: int) -> bytes:
    """An answer with `count` repositories, each with every property that the contract knows; the same one each time."""
    maker = _Maker(contract["components"]["schemas"])
    answer = {
        "token": TOKEN,
        "expires_at": "2026-07-11T22:14:10.123-08:00",
        "permissions": {"issues": "read", "deployments": "write"},
        "repositories": [maker.repository() for _ in range(count)],
        "single_file": "config.yaml",
        "repository_selection": "selected",
    }
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


class _Maker:
    """Makes what a schema describes, by the names of the fields and GitHub's own examples."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._random = random.Random(0)  # noqa: S311 - nothing secret, and the same each time
        self._known: dict[str, str] = {}

    def repository(self) -> Any:
        number = self._random.randrange(10_000)
        name = f"{self._random.choice(_NOUNS)}-{self._random.choice(_KINDS)}-{number}"
        owner = f"octo-{self._random.choice(_NOUNS)}"
        licence = {f"license.{key}": value for key, value in self._random.choice(_LICENSES).items()}
        self._known = {"name": name, "full_name": f"{owner}/{name}", "owner.login": owner, **licence}
        return self._make(self._schemas["repository"], "")

    def _make(self, schema: Schema, path: str) -> Any:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if "properties" in schema:
            return {
                name: self._make(field, f"{path}.{name}" if path else name)
                for name, field in schema["properties"].items()
            }
        match schema["type"]:
            case "array":
                return [self._make(schema["items"], path) for _ in range(self._random.randrange(1, 5))]
            case "boolean":
                return self._random.random() < 0.5  # noqa: PLR2004 - one in two
            case "integer":
                return self._random.randrange(2**30 if path.endswith("id") else 5_000)
            case _:
                return self._text(schema, path)

    def _text(self, schema: Schema, path: str) -> str:
        name = path.rpartition(".")[2]
        if path in self._known:
            return self._known[path]
        if schema.get("format") == "date-time":
            return f"{_EPOCH + timedelta(seconds=self._random.randrange(10**8)):%Y-%m-%dT%H:%M:%SZ}"
        if words := _WORDS.get(path) or _WORDS.get(name):
            return self._random.choice(words)
        example = schema.get("example")
        if example is None or name == "node_id":
            return "".join(self._random.choices(_NODE_ID, k=24))
        owner = self._known["owner.login"]
        return str(example).replace("octocat/Hello-World", self._known["full_name"]).replace("octocat", owner)
