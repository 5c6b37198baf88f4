"""The command line: ``runner-registration``, or ``python -m runner_registration``.

``--help`` and ``--version`` answer at once: what only a request needs is imported when there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import os
import re
import sys

from runner_registration._constants import LONGEST_WAIT, MAX_WAIT, TIMEOUT
from runner_registration._version import __version__

TYPE_CHECKING = False  # type checkers take it for typing's, which would take longer to import than argparse
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import NoReturn, TextIO

    from runner_registration import Client, RunnerRegistrationError

PROG = "runner-registration"


class Exit(enum.IntEnum):
    """What the exit code of the command says."""

    DONE = 0
    OTHER = 1
    USAGE = 2
    TRY_AGAIN = 3
    DENIED = 4
    RATE_LIMITED = 5
    BROKEN_CONTRACT = 6
    INTERRUPTED = 130


_OVERVIEW = f"""\
Registration tokens for an organization's self-hosted runners, from GitHub.

  {PROG} token octo-org
  {PROG} token https://github.com/octo-org --format config

`{PROG} token --help` tells the formats, the variables and the exit codes."""

_DESCRIPTION = """\
Ask GitHub for a token that registers a self-hosted runner with an organization, and print it. It is good for an hour.
Standard output holds nothing but what was asked for, and nothing at all if it failed."""

_EPILOG = f"""\
formats:
  token   the bare token
  json    {{"token": "...", "expires_at": "..."}}, the time in UTC
  env     ACTIONS_RUNNER_INPUT_TOKEN=..., which config.sh reads where it gets no --token
  config  ./config.sh --url ... --token ...
  mask    ::add-mask::..., which hides the token in the log of a GitHub Actions job, then the token

credential:
  It needs the scope admin:org, or the organization permission "Self-hosted runners: write".
  Without --credential-file it is taken from the variables that are meant for the host, the first one set:
    github.com, *.ghe.com       GH_TOKEN, GITHUB_TOKEN
    the host of GITHUB_API_URL  GH_TOKEN, GITHUB_TOKEN, GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN
    loopback                    GH_TOKEN, GITHUB_TOKEN
    any other                   GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN
  and then from `gh auth token`, where gh is installed. It is never taken from an argument.

host:
  --base-url, else the host of URL, else GITHUB_API_URL, else GH_HOST, else github.com.
  RUNNER_REGISTRATION_API_URL, for tests, overrides all of these. It must be a loopback address.
  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured.

exit codes:
  {Exit.DONE}    done
  {Exit.OTHER}    something else: a request that is refused, a redirect, an output that cannot be written
  {Exit.USAGE}    arguments or variables that make no sense, an invalid organization included
  {Exit.TRY_AGAIN}    the network or the server failed: try again
  {Exit.DENIED}    no credential, no permission, or no such organization
  {Exit.RATE_LIMITED}    rate limited
  {Exit.BROKEN_CONTRACT}    the server's answer cannot be used
  {Exit.INTERRUPTED}  interrupted

examples:
  ./config.sh --unattended --url https://github.com/octo-org --token "$({PROG} token octo-org)"
  {PROG} token octo-org --format env --output runner.env && docker run --env-file runner.env IMAGE
  {PROG} token https://ghes.example.com/octo-org --format json --max-wait 0
  vault read -field=pat secret/github | {PROG} token octo-org --credential-file -"""

_CREDENTIAL_BYTES = 64 * 1024

_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~+/=-]*")
"""One word to a shell, to an env file and to a workflow command alike. GitHub's tokens are capitals and digits."""


class _Failure(Exception):  # noqa: N818 - no error of the program: a line for a person, and an exit code
    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments; None: those of the process.

    Returns:
        The exit code.
    """
    try:
        _run(argv)
    except _Failure as failure:
        _say(str(failure))
        return failure.code
    except KeyboardInterrupt:
        _say("Interrupted.")
        return Exit.INTERRUPTED
    return Exit.DONE


def _run(argv: Sequence[str] | None) -> None:
    try:
        options = _parse(argv)
    except SystemExit:  # the help or the version is printed
        return
    # Both first: a token is not asked for in vain.
    organization, base_url, url = _target(options.organization, options.base_url, os.environ)
    output = _output(options.output)
    token, expires_at = _ask(organization, base_url, options)
    text = _render(options.format, token, expires_at, url)
    if output is None:
        _print(text)
    else:
        _replace(output, text)


# --- What was asked for -----------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and repeats no value: it may be a credential that ended up in the wrong place."""

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"invalid choice: .* \(", "invalid choice (", message, flags=re.DOTALL)
        raise _Failure(f"{message[:1].upper()}{message[1:]}. See `{self.prog} --help`.", Exit.USAGE)

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002 - standard output, for both
        _print(message)  # argparse would keep it to itself if it failed


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # To ask the terminal for its width, argparse would import more than all that is imported here.
        super().__init__(prog, width=100)


class _NoCredentialHere(argparse.Action):
    """Stands where other programs take a credential."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        parser.error(
            "a credential is never taken from an argument, which other users of the machine and the shell's history "
            "get to see: set GH_TOKEN, or use --credential-file"
        )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(PROG, description=_OVERVIEW, formatter_class=_Help, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    token = parser.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "token",
        help="ask for a token and print it",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    add = token.add_argument
    add("organization", metavar="ORG|URL", help="the organization's name, or its URL as config.sh takes it")
    add("--format", choices=("token", "json", "env", "config", "mask"), default="token", help="see below")
    add("--output", metavar="FILE", help="write to FILE, for your eyes only (mode 0600); replaces it if it is there")
    add("--base-url", metavar="URL_OR_HOST", help="the API to ask, or the host that it belongs to")
    add("--credential-file", metavar="FILE|-", help="read the credential from FILE, or from standard input")
    help_ = "seconds that one attempt may take in all (default: %(default)g)"
    add("--timeout", metavar="S", type=_timeout, default=TIMEOUT, help=help_)
    help_ = "seconds to wait, in all, between attempts (default: %(default)g)"
    add("--max-wait", metavar="S", type=_seconds, default=MAX_WAIT, help=help_)
    add("--allow-http", action="store_true", help="let the credential go to other machines over plain http")
    for name in ("--token", "--credential", "--pat", "--password"):
        for command in (parser, token):
            command.add_argument(name, nargs="?", action=_NoCredentialHere, help=argparse.SUPPRESS)
    options, unknown = parser.parse_known_args(argv)
    if unknown:
        names = [name.partition("=")[0] if name.startswith("--") else name[:2] for name in unknown if name[:1] == "-"]
        token.error(f"unknown option {', '.join(names)}" if names else "one organization is all that it takes")
    return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, from 0 to {LONGEST_WAIT:.0f}")
    return seconds


def _timeout(text: str) -> float:
    seconds = _seconds(text)
    if not seconds:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return seconds


def _target(organization: str, base_url: str | None, environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Find the organization's name, the API to ask, and what ``config.sh --url`` takes for it."""
    from urllib.parse import quote

    from runner_registration import _hosts

    if "/" in organization and "://" not in organization:
        message = "An organization is given by its name alone, or by its URL, such as https://github.com/ORG."
        raise _Failure(message, Exit.USAGE)
    try:
        if "://" in organization:
            name, home = _hosts.parse_config_url(organization)
            return name, _hosts.resolve_base_url(home if base_url is None else base_url, environ), organization.strip()
        base_url = _hosts.resolve_base_url(base_url, environ)
    except ValueError as error:
        raise _Failure(f"{error}.", Exit.USAGE) from None
    site = _hosts.web_origin(base_url)
    return organization, base_url, f"{site}/{quote(organization, errors='surrogateescape')}"


# --- Asking -----------------------------------------------------------------------------------------------------------


def _ask(organization: str, base_url: str, options: argparse.Namespace) -> tuple[str, datetime]:
    """Get a token, and when it expires."""
    from runner_registration import RunnerRegistrationError
    from runner_registration._organizations import check_organization

    try:
        check_organization(organization)
        with _told_on_stderr(), _client(base_url, options) as client:
            token = client.create_registration_token_for_org(organization)
    except RunnerRegistrationError as error:
        raise _Failure(str(error), exit_code(error)) from None
    return token.token, token.expires_at


def _client(base_url: str, options: argparse.Namespace) -> Client:
    from runner_registration import Client, RunnerRegistrationError

    credential = None if options.credential_file is None else _read_credential(options.credential_file)
    try:
        return Client(
            credential,
            base_url=base_url,
            timeout=options.timeout,
            max_wait=options.max_wait,
            allow_http=options.allow_http,
        )
    except RunnerRegistrationError:
        raise
    except ValueError as error:
        raise _Failure(f"{error}.", Exit.USAGE) from None


def exit_code(error: RunnerRegistrationError) -> Exit:
    """What the exit code says of an error."""
    from runner_registration import _errors

    match error:
        case _errors.InvalidOrganizationError():
            return Exit.USAGE
        case _errors.APIConnectionError() | _errors.InternalServerError():
            return Exit.TRY_AGAIN
        case (
            _errors.CredentialError()
            | _errors.AuthenticationError()
            | _errors.PermissionDeniedError()
            | _errors.NotFoundError()
        ):
            return Exit.DENIED
        case _errors.RateLimitError():
            return Exit.RATE_LIMITED
        case _errors.InvalidResponseError():
            return Exit.BROKEN_CONTRACT
        case _:
            return Exit.OTHER


def _read_credential(path: str) -> str:
    """Read a credential; no message repeats the path, as it is a common slip to give the credential itself."""
    try:
        if path == "-":
            content = sys.stdin.buffer.read(_CREDENTIAL_BYTES + 1)
        else:
            with open(path, "rb") as file:  # noqa: PTH123 - the path may be /dev/fd/3
                content = file.read(_CREDENTIAL_BYTES + 1)
    except (OSError, AttributeError) as error:  # sys.stdin is None where standard input is closed
        reason = getattr(error, "strerror", None) or "it is closed"
        raise _Failure(f"The file of --credential-file cannot be read: {reason}.", Exit.DENIED) from None
    if len(content) > _CREDENTIAL_BYTES:
        raise _Failure("The file of --credential-file is too long for a credential.", Exit.DENIED)
    return content.decode("utf-8-sig", errors="replace")


def _render(form: str, token: str, expires_at: datetime, url: str) -> str:
    """Put a token into the format asked for.

    It is refused if a shell, an env file or a log would take it for more than a token: a server is not to be trusted.
    """
    import json
    import shlex
    from datetime import UTC

    if not _PLAIN_TOKEN.fullmatch(token):
        message = "The token in the server's answer holds characters that no token has: it is not printed."
        raise _Failure(message, Exit.BROKEN_CONTRACT)
    match form:
        case "json":
            time = expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
            return json.dumps({"token": token, "expires_at": time}) + "\n"
        case "env":
            return f"ACTIONS_RUNNER_INPUT_TOKEN={token}\n"
        case "config":
            return f"./config.sh --url {shlex.quote(url)} --token {token}\n"
        case "mask":
            return f"::add-mask::{token}\n{token}\n"
        case _:
            return f"{token}\n"


# --- Output -----------------------------------------------------------------------------------------------------------


def _output(name: str | None) -> Path | None:
    """See that the output can be written, as far as that can be told beforehand; None stands for standard output."""
    if name is None or name == "-":
        _print("")
        return None
    if not name:
        raise _Failure("Argument --output is empty: give the name of a file.", Exit.USAGE)

    from pathlib import Path

    path = Path(name)
    try:
        if path.is_symlink():
            reason = "it is a symbolic link, which is neither followed nor replaced"
        elif path.is_dir():
            reason = "it is a directory"
        elif path.exists() and not path.is_file():
            reason = "it is no regular file"
        elif not path.parent.is_dir():
            reason = "there is no such directory"
        elif not os.access(path.parent, os.W_OK | os.X_OK):
            reason = "its directory cannot be written to"
        else:
            return path
    except OSError as error:
        reason = error.strerror or "its name cannot be used"
    raise _Failure(f"{name} cannot be written: {reason}.", Exit.OTHER)


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner can read; whoever looks finds the old content or the new, and never a part."""
    import tempfile
    from pathlib import Path

    try:
        handle, name = tempfile.mkstemp(prefix=f".{PROG}-", dir=path.parent)  # made with mode 0600
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
    except OSError as error:
        raise _Failure(f"{path} cannot be written: {error.strerror}.", Exit.OTHER) from None


def _print(text: str) -> None:
    if reason := _write(sys.stdout, text):
        raise _Failure(f"Standard output cannot be written: {reason}.", Exit.OTHER)


def _say(message: str) -> None:
    """Tell a person a line; if standard error cannot be written, there is nobody to tell."""
    line = "".join(character if character.isprintable() else " " for character in message)
    _write(sys.stderr, f"{PROG}: {line}\n")


def _write(stream: TextIO | None, text: str) -> str | None:
    """Write to a standard stream, which is None if it was closed from the start; returns why it could not be done."""
    if stream is None:
        return "it is closed"
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        # What is left in the buffer would be tried again, and complained about, when the interpreter ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error.strerror or "it cannot be written to"
    return None


@contextlib.contextmanager
def _told_on_stderr() -> Generator[None]:
    """Tell waits as they begin, and warnings."""
    import logging
    import warnings

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            _say(record.getMessage())

    def tell(message: Warning | str, *_: object, **__: object) -> None:
        _say(f"Warning: {message}")

    logger = logging.getLogger("runner_registration")
    handler, level = Handler(logging.INFO), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = tell
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
