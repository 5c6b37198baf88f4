"""The harness's server, and an HTTP client for it that has a credential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from runner_registration.testing import RegistrationServer

SECRET = "a-secret-that-no-one-may-see"


@pytest.fixture
def server() -> Iterator[RegistrationServer]:
    with RegistrationServer() as server:
        yield server


@pytest.fixture
def http(server: RegistrationServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False) as client:
        yield client


def violations(schema: dict[str, Any], value: Any, components: dict[str, Any]) -> list[str]:
    """What is wrong with a value. A format is checked as well, so that a date-time is one."""
    rooted = {**schema, "components": components}  # where the schema's references lead
    validator = OAS30Validator(rooted, format_checker=OAS30Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]
