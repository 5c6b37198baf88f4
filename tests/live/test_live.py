"""Compare the contract with the real API. One registration token is created, and nothing else is changed.

The credential comes from the environment: GITHUB_APP_*, GH_TOKEN or GITHUB_TOKEN.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import runner_registration as rr
from tests.contract.described import CASES


def documented(error: rr.APIStatusError) -> bool:
    """Return whether the contract has GitHub's message as an example for the status."""
    messages = [case.body["message"] for case in CASES if case.status == error.status_code and case.body]
    return any(message in error.message for message in messages)


def test_a_token_is_created_and_valid_for_an_hour(proxy: str, org: str) -> None:
    with rr.Client(base_url=proxy, max_retries=0) as client:
        token = client.create_registration_token_for_org(org)
    assert token.token
    assert timedelta(minutes=55) < token.expires_at - datetime.now(UTC) < timedelta(minutes=65)


def test_an_organization_without_access_is_not_found(proxy: str, org: str) -> None:
    with rr.Client(base_url=proxy, max_retries=0) as client, pytest.raises(rr.NotFoundError) as raised:
        client.create_registration_token_for_org(f"{org[:25]}-without-access")
    assert documented(raised.value)


def test_an_unknown_credential_is_refused(proxy: str, org: str) -> None:
    with (
        rr.Client("ghp_0123456789abcdefghijklmnopqrstuvwxyz", base_url=proxy, max_retries=0) as client,
        pytest.raises(rr.AuthenticationError) as raised,
    ):
        client.create_registration_token_for_org(f"{org[:25]}-bad-credential")
    assert documented(raised.value)
