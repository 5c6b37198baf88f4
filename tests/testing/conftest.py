"""The harness's server, and an HTTP client for it that has a credential."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

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
