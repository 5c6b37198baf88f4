"""What cannot be an organization's name is refused before anything else happens."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from runner_registration_api.api import OPERATIONS

from runner_registration._errors import InvalidOrganizationError

if TYPE_CHECKING:
    from collections.abc import Callable

Class = TypeVar("Class", bound=type)


def check_organization(org: str) -> None:
    """Refuse what would ask for another path, and what no organization is called.

    Raises:
        InvalidOrganizationError: It is empty, a dot segment, or holds a slash or a character that cannot be printed.
    """
    if org in {"", ".", ".."} or "/" in org or not org.isprintable():
        raise InvalidOrganizationError(
            f"{org[:100]!r} cannot be an organization's name: it must not be empty, '.' or '..', nor hold a slash or "
            "a control character"
        )


def organizations_checked(cls: Class) -> Class:
    """Check the organization in every operation that takes one, as its first parameter."""
    for operation in OPERATIONS:
        if operation.path.partition("{")[2].startswith("org}"):
            setattr(cls, operation.name, _checked(getattr(cls, operation.name)))
    return cls


def _checked(method: Callable[..., Any]) -> Callable[..., object]:
    @wraps(method)
    def checked(self: object, org: str, *args: object, **kwargs: object) -> object:
        check_organization(org)
        return method(self, org, *args, **kwargs)

    @wraps(method)
    async def checked_async(self: object, org: str, *args: object, **kwargs: object) -> object:
        check_organization(org)
        return await method(self, org, *args, **kwargs)

    return checked_async if inspect.iscoroutinefunction(method) else checked
