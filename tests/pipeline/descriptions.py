"""Small descriptions in the format of GitHub's, made for a single test."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

OPERATION_ID = "actions/create-registration-token-for-org"
PATH = "/orgs/{org}/actions/runners/registration-token"

_DESCRIPTION: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "GitHub v3 REST API", "version": "1.1.4"},
    "servers": [{"url": "https://api.github.com"}],
    "tags": [{"name": "actions", "description": "Actions."}, {"name": "gists", "description": "Gists."}],
    "paths": {
        PATH: {
            "post": {
                "summary": "Create a registration token for an organization",
                "tags": ["actions"],
                "operationId": OPERATION_ID,
                "externalDocs": {"url": "https://docs.github.com/rest/actions/self-hosted-runners"},
                "parameters": [{"$ref": "#/components/parameters/org"}],
                "responses": {
                    "201": {
                        "description": "Response",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/authentication-token"},
                                "examples": {"default": {"$ref": "#/components/examples/authentication-token"}},
                            }
                        },
                    }
                },
            }
        },
        "/gists": {
            "get": {
                "summary": "List gists",
                "tags": ["gists"],
                "operationId": "gists/list",
                "responses": {"304": {"description": "Not modified"}, "200": {"description": "Response"}},
            }
        },
    },
    "components": {
        "parameters": {
            "org": {
                "name": "org",
                "description": "The organization name.",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
            }
        },
        "schemas": {
            "authentication-token": {
                "title": "Authentication Token",
                "type": "object",
                "required": ["token", "expires_at"],
                "properties": {
                    "token": {"type": "string"},
                    "expires_at": {"type": "string", "format": "date-time"},
                    "repository_selection": {"type": "string", "enum": ["all", "selected"]},
                },
            },
            "gist": {"title": "Gist", "type": "object"},
        },
        "examples": {
            "authentication-token": {"value": {"token": "LLBF3J", "expires_at": "2020-01-22T12:13:35.123-08:00"}}
        },
    },
}


def description() -> dict[str, Any]:
    """Return a description of the operation that the project lists, and of one that it does not list."""
    return copy.deepcopy(_DESCRIPTION)


def dangling(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a reference to nothing."""
    document["paths"][PATH]["post"]["responses"]["404"] = {"$ref": "#/components/responses/not_found"}
    return document


def schemas(document: dict[str, Any]) -> Any:
    """Return the shared schemas."""
    return document["components"]["schemas"]


def write(path: Path, document: object) -> Path:
    """Write the document to a JSON file."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
