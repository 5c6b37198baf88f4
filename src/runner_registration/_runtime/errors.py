"""Errors that an operation raises in addition to httpx's own. None of them shows a body, a header or a credential."""

from __future__ import annotations


class UnexpectedStatus(Exception):  # noqa: N818 - the generator's name for it
    """The status of the response does not mean success.

    Attributes:
        status_code: The status.
        error: The body as the model that is documented for the status, or None.
    """

    def __init__(self, status_code: int, error: object = None) -> None:
        self.status_code = status_code
        self.error = error
        super().__init__(status_code, error)

    def __str__(self) -> str:
        return f"the server responded with status {self.status_code}"

    def __repr__(self) -> str:
        return f"UnexpectedStatus({self.status_code})"  # without the model: it holds text of the server


class InvalidResponse(ValueError):  # noqa: N818 - like the other two
    """The status of the response means success, but the body breaks the contract.

    Attributes:
        reason: What is wrong. It contains names of documented fields, and nothing that the server sent.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class InvalidParameter(ValueError):  # noqa: N818 - like the other two
    """A path parameter would lead to another path, or cannot be sent.

    Attributes:
        parameter: The name of the parameter.
    """

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        super().__init__(parameter)

    def __str__(self) -> str:
        return f'{self.parameter} must not be empty, "." or "..", and must not contain unprintable characters'
