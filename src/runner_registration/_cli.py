"""The command line: ``runner-registration``, or ``python -m runner_registration``.

``--help`` and ``--version`` do not import what only a request needs.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import os
import re
import sys

from runner_registration._constants import LONGEST_TIMEOUT, MAX_WAIT, MIN_VALID, TIMEOUT
from runner_registration._version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing typing would take longer than importing argparse
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime
    from typing import Any, NoReturn, TextIO

    from runner_registration import Client, GitHubApp, RunnerRegistrationError, TokenStore

PROG = "runner-registration"
STORE = "RUNNER_REGISTRATION_STORE"


class Exit(enum.IntEnum):
    """The exit codes of the command."""

    DONE = 0
    OTHER = 1
    USAGE = 2
    TRY_AGAIN = 3
    DENIED = 4
    RATE_LIMITED = 5
    BROKEN_CONTRACT = 6
    INTERRUPTED = 130
    TERMINATED = 143


_OVERVIEW = f"""\
Create registration tokens for the self-hosted runners of a GitHub organization.

  {PROG} token octo-org
  {PROG} token https://github.com/octo-org --format config

`{PROG} token --help` lists the formats, the environment variables and the exit codes."""

_DESCRIPTION = """\
Create a token that registers self-hosted runners with an organization, and print it. It is valid for one hour.
On success, stdout contains what --format says and nothing else. On failure, stdout is empty."""

_EPILOG = f"""\
organization:
  The name, or the URL that config.sh --url accepts. https://github.com/orgs/ORG is accepted as well.

formats:
  token   the token alone
  json    {{"token": "...", "expires_at": "..."}}, the time in UTC
  env     ACTIONS_RUNNER_INPUT_TOKEN=..., which config.sh reads if there is no --token
  config  ./config.sh --url ... --token ...
  mask    ::add-mask::..., which masks the token in the log of a GitHub Actions job, then the token

credential:
  Requires the scope admin:org, or the organization permission "Self-hosted runners: write".
  Without --credential-file and --app-id, the first of these variables that is set is used:
    github.com, *.ghe.com       GITHUB_APP_*, GH_TOKEN, GITHUB_TOKEN
    the host of GITHUB_API_URL  GITHUB_APP_*, GH_TOKEN, GITHUB_TOKEN, GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN
    loopback                    GITHUB_APP_*, GH_TOKEN, GITHUB_TOKEN
    any other host              GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN
  Then `gh auth token` is run, if gh is installed. A credential is never read from an argument.
  GITHUB_APP_* is a GitHub App: GITHUB_APP_CLIENT_ID or GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY or
  GITHUB_APP_PRIVATE_KEY_PATH, and optionally GITHUB_APP_INSTALLATION_ID. It requires
  pip install 'runner-registration[app]'.

host:
  --base-url, else the host of URL, else GITHUB_API_URL, else GH_HOST, else github.com.
  RUNNER_REGISTRATION_API_URL, for tests, overrides all of these. It must be a loopback address.
  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are respected.

store:
  DIR                a directory, for the processes of one machine or of machines that share it
  user               a directory in your cache directory
  redis://HOST/N     a Redis or Valkey server, for any number of machines; rediss:// and unix:// as well
  Without --store, RUNNER_REGISTRATION_STORE is used. A password goes into that variable only.
  A store that fails costs a warning. Requires an extra: pip install 'runner-registration[store]', or [redis].

errors:
  text    one line for each wait and each warning, then one line for the error
  json    {{"error": "...", "message": "...", "exit_code": N}} for the error, and nothing else
          Where known, with status_code, request_id, retry_after (seconds) and resets_at (UTC).

exit codes:
  {Exit.DONE}    done
  {Exit.OTHER}    another error, such as a refused request, a redirect, a certificate that cannot be verified, or output
       that cannot be written
  {Exit.USAGE}    invalid arguments or environment variables, or an invalid organization name
  {Exit.TRY_AGAIN}    the network or the server failed: try again
  {Exit.DENIED}    no credential, no permission, or no such organization
  {Exit.RATE_LIMITED}    rate limited
  {Exit.BROKEN_CONTRACT}    the response cannot be used
  {Exit.INTERRUPTED}  interrupted (SIGINT)
  {Exit.TERMINATED}  terminated (SIGTERM)

examples:
  token="$({PROG} token octo-org)" &&
    ACTIONS_RUNNER_INPUT_TOKEN="$token" ./config.sh --unattended --url https://github.com/octo-org
  {PROG} token octo-org --format env --output runner.env && docker run --env-file runner.env IMAGE
  {PROG} token https://ghes.example.com/octo-org --format json --max-wait 0
  vault kv get -field=token secret/github | {PROG} token octo-org --credential-file -"""

_CREDENTIAL_BYTES = 64 * 1024

_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~+/=-]*")
"""A single word for a shell, an env file and a workflow command. GitHub's tokens are capital letters and digits."""


class _Failure(Exception):  # noqa: N818 - it is not an error of the program, but what the user is told
    def __init__(self, message: str, code: Exit, error: str = "UsageError", **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.error = error
        self.details = details


class _Terminated(BaseException):
    """SIGTERM arrived."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments. None: those of the process.

    Returns:
        The exit code.
    """
    arguments = sys.argv[1:] if argv is None else [*argv]
    try:
        _run(arguments)
    except _Failure as error:
        failure = error
    except KeyboardInterrupt:
        failure = _Failure("Interrupted.", Exit.INTERRUPTED, "Interrupted")
    except _Terminated:
        failure = _Failure("Terminated.", Exit.TERMINATED, "Terminated")
    else:
        return Exit.DONE
    _report(failure, _error_format(arguments))
    return failure.code


def _run(arguments: list[str]) -> None:
    try:
        options = _parse(arguments)
    except SystemExit:  # --help or --version
        return
    with _sigterm_raises():
        # Everything that can be checked is checked before a token is requested.
        organization, base_url, url = _target(options.organization, options.base_url, os.environ)
        _check_output(options.output)
        token, expires_at = _request_token(organization, base_url, options)
        _write_output(options.output, _render(options.format, token, expires_at, url))


@contextlib.contextmanager
def _sigterm_raises() -> Generator[None]:
    """Raise `_Terminated` on the first SIGTERM. The process is then about to end, and ignores any other.

    Without a handler, the first process of a container ignores the signal.
    """
    import signal
    import threading

    restored: signal.Handlers = signal.SIG_DFL

    def handler(*_: object) -> NoReturn:
        nonlocal restored
        restored = signal.SIG_IGN
        # Not SIG_IGN yet: Python prints a traceback for a signal that it noticed before, and can hand to no function.
        signal.signal(signal.SIGTERM, ignore)
        raise _Terminated

    def ignore(*_: object) -> None:
        pass

    # A program that calls main() may have its own handler, or may call it in a thread, where none can be set.
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, restored)


# --- Arguments --------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line that does not repeat a value: it may be a credential in the wrong place."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)
        self.color = False  # of Python 3.14 and newer

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"invalid choice: .* \(", "invalid choice (", message, flags=re.DOTALL)
        message = re.sub(r"ignored explicit argument .*", "does not take a value", message, flags=re.DOTALL)
        raise _Failure(f"{message[:1].upper()}{message[1:]}. See `{self.prog} --help`.", Exit.USAGE)

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002 - always standard output
        _print(message)  # argparse would not report that it cannot be written


class _NoColors:
    def __getattr__(self, name: str) -> str:
        return ""


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # To find the width of the terminal, argparse would import more than this module does.
        super().__init__(prog, width=100)

    if sys.version_info[:2] == (3, 14):

        def _set_color(self, *_: object, **__: object) -> None:
            # The original imports dataclasses and inspect, even if there are no colors. Python 3.15 does not.
            self._theme, self._decolor = _NoColors(), str


class _NoCredentialHere(argparse.Action):
    """Refuses the options that take a credential in other programs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        parser.error(
            "a credential is never taken from an argument, because other users of the machine can see it, and it stays "
            "in the history of the shell. Set GH_TOKEN, or use --credential-file"
        )


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog=PROG, description=_OVERVIEW)
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    token = parser.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "token", help="create a token and print it", description=_DESCRIPTION, epilog=_EPILOG
    )
    add = token.add_argument
    add("organization", metavar="ORG|URL", help="the organization's name or URL")
    add("--format", choices=("token", "json", "env", "config", "mask"), default="token", help="see below")
    add("--output", metavar="FILE", type=_text, help="write to FILE, with mode 0600, instead of stdout")
    add("--base-url", metavar="URL_OR_HOST", type=_text, help="the API, or the host that it belongs to")
    help_ = "read the credential from FILE, or from stdin"
    add("--credential-file", metavar="FILE|-", type=_text, help=help_)
    add("--app-id", metavar="ID", type=_text, help="sign in as the GitHub App with this client ID or app ID")
    help_ = "read the private key of the GitHub App from FILE, or from stdin"
    add("--app-key-file", metavar="FILE|-", type=_text, help=help_)
    help_ = "the installation of the GitHub App (default: the one on the organization)"
    add("--app-installation-id", metavar="N", type=_installation_id, help=help_)
    help_ = "seconds that one attempt may take (default: %(default)g)"
    add("--timeout", metavar="S", type=_timeout, default=TIMEOUT, help=help_)
    help_ = "seconds to wait between all attempts (default: %(default)g)"
    add("--max-wait", metavar="S", type=_seconds, default=MAX_WAIT, help=help_)
    add("--store", metavar="WHERE", type=_text, help="share tokens with other processes, see below")
    help_ = "seconds that a token of the store must still be valid (default: %(default)g)"
    add("--min-valid", metavar="S", type=_seconds, default=MIN_VALID.total_seconds(), help=help_)
    add("--allow-http", action="store_true", help="send the credential to other machines over plain http")
    add("--error-format", choices=("text", "json"), default="text", help="see below")
    for name in ("--token", "--credential", "--pat", "--password"):
        for command in (parser, token):
            command.add_argument(name, nargs="?", action=_NoCredentialHere, help=argparse.SUPPRESS)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        token.error(_unknown(unknown))
    return options


def _unknown(arguments: list[str]) -> str:
    names = [name.partition("=")[0] if name.startswith("--") else name[:2] for name in arguments if name[:1] == "-"]
    names = [name for name in names if re.fullmatch(r"--?[a-z][a-z-]*", name)]  # others may be a credential
    if names:
        return f"unknown option {', '.join(names)}"
    return "unknown option" if any(name[:1] == "-" for name in arguments) else "only one organization can be given"


def _error_format(arguments: list[str]) -> str:
    """Read ``--error-format`` alone: errors in the other arguments are reported in this format too."""
    chosen = "text"
    for name, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if name == "--error-format":
            chosen = value
        elif name.startswith("--error-format="):
            chosen = name.partition("=")[2]
    return chosen


def _text(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, from 0 to {LONGEST_TIMEOUT:.0f}")
    return seconds


def _timeout(text: str) -> float:
    seconds = _seconds(text)
    if not seconds:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return seconds


def _target(organization: str, base_url: str | None, environ: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the organization's name, the base URL of the API, and the URL for ``config.sh --url``."""
    from urllib.parse import urlsplit

    from runner_registration import InvalidOrganizationError, _hosts
    from runner_registration._organizations import check_organization

    try:
        name, url = organization, ""
        if "://" in organization:
            name, home = _hosts.parse_config_url(organization)
            # config.sh takes /orgs/ORG for a repository.
            is_config_url = urlsplit(organization.strip()).path.strip("/") == name
            url = organization.strip() if is_config_url else f"{_hosts.web_origin(home)}/{name}"
            base_url = home if base_url is None else base_url
        check_organization(name)
        base_url = _hosts.resolve_base_url(base_url, environ)
    except InvalidOrganizationError as error:
        raise _failure(error) from None
    except ValueError as error:
        raise _Failure(_sentence(error), Exit.USAGE) from None
    return name, base_url, url or f"{_hosts.web_origin(base_url)}/{name}"


# --- The request ------------------------------------------------------------------------------------------------------


def _request_token(organization: str, base_url: str, options: argparse.Namespace) -> tuple[str, datetime]:
    """Return a token and when it expires."""
    from datetime import timedelta

    from runner_registration import RunnerRegistrationError

    store = _token_store(options.store, os.environ)
    try:
        with _notices(shown=options.error_format == "text"), _client(base_url, options, store) as client:
            token = (
                client.create_registration_token_for_org(organization)
                if store is None
                else client.registration_token(organization, min_valid=timedelta(seconds=options.min_valid))
            )
    except RunnerRegistrationError as error:
        raise _failure(error) from None
    return token.token, token.expires_at


def _installation_id(text: str) -> int:
    from runner_registration._credentials import installation_id

    number = installation_id(text)
    if number is None:
        raise argparse.ArgumentTypeError("must be the number at the end of the installation's URL")
    return number


def _credential(options: argparse.Namespace) -> str | GitHubApp | None:
    """Return the credential that the options name, or None.

    Raises:
        CredentialError: The private key cannot be used.
    """
    app = (options.app_id, options.app_key_file, options.app_installation_id)
    if app == (None, None, None):
        return None if options.credential_file is None else _read_file(options.credential_file, "--credential-file")
    if options.credential_file is not None:
        raise _Failure("Arguments --credential-file and --app-id exclude each other.", Exit.USAGE)
    if options.app_id is None or options.app_key_file is None:
        raise _Failure("A GitHub App requires both --app-id and --app-key-file.", Exit.USAGE)
    from runner_registration import GitHubApp

    key = _read_file(options.app_key_file, "--app-key-file")
    return GitHubApp(options.app_id, key, installation_id=options.app_installation_id)


def _token_store(option: str | None, environ: Mapping[str, str]) -> TokenStore | None:
    """Return the store that the option or the variable names, if there is one."""
    source, where = ("--store", option) if option is not None else (STORE, environ.get(STORE, "").strip())
    if not where:
        return None
    if option is not None and "://" in option and ("@" in option or "password=" in option.lower()):
        raise _Failure(
            f"--store must not contain a password, because other users of the machine can see it. Set {STORE} instead.",
            Exit.USAGE,
        )
    from runner_registration._token_stores import named_store

    try:
        return named_store(where)
    except ValueError as error:
        raise _Failure(f"{source} {error}.", Exit.USAGE) from None
    except ImportError as error:
        raise _Failure(f"{error}.", Exit.USAGE) from None


def _client(base_url: str, options: argparse.Namespace, store: TokenStore | None) -> Client:
    from runner_registration import Client, RunnerRegistrationError

    try:
        return Client(
            _credential(options),
            base_url=base_url,
            timeout=options.timeout,
            max_wait=options.max_wait,
            allow_http=options.allow_http,
            token_store=store,
        )
    except RunnerRegistrationError:
        raise
    except ValueError as error:
        raise _Failure(_sentence(error), Exit.USAGE) from None


def exit_code(error: RunnerRegistrationError) -> Exit:
    """Return the exit code for an error."""
    from runner_registration import _errors

    match error:
        case _errors.InvalidOrganizationError():
            return Exit.USAGE
        case _errors.APIConnectionError(_retryable=True) | _errors.InternalServerError():
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


def _failure(error: RunnerRegistrationError) -> _Failure:
    details = {name: getattr(error, name, None) for name in ("status_code", "request_id", "retry_after", "resets_at")}
    if details["resets_at"] is not None:
        details["resets_at"] = _utc(details["resets_at"])
    known = {name: value for name, value in details.items() if value is not None}
    return _Failure(str(error), exit_code(error), type(error).__name__, **known)


def _sentence(error: Exception) -> str:
    return f"{str(error).removesuffix('.')}."


def _utc(time: datetime) -> str:
    from datetime import UTC

    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_file(path: str, option: str) -> str:
    """Read a credential. No message repeats the path: it is a common mistake to pass the credential itself."""
    try:
        if path == "-":
            content = sys.stdin.buffer.read(_CREDENTIAL_BYTES + 1)
        else:
            with open(path, "rb") as file:  # noqa: PTH123 - the path may be /dev/fd/3
                content = file.read(_CREDENTIAL_BYTES + 1)
    except (OSError, AttributeError, ValueError) as error:  # sys.stdin is None if standard input is closed
        reason = getattr(error, "strerror", None) or "it is closed"
        message = f"The file of {option} cannot be read: {reason}."
        raise _Failure(message, Exit.DENIED, "CredentialError") from None
    if len(content) > _CREDENTIAL_BYTES:
        message = f"The file of {option} is too long for a credential."
        raise _Failure(message, Exit.DENIED, "CredentialError")
    return content.decode("utf-8-sig", errors="replace")


# --- Output -----------------------------------------------------------------------------------------------------------


def _render(form: str, token: str, expires_at: datetime, url: str) -> str:
    """Return a token in a format.

    A server is not trusted: a token that a shell, an env file or a log would read as more than a token is refused.
    """
    import json
    import shlex

    if not _PLAIN_TOKEN.fullmatch(token):
        message = "The token in the response contains characters that no token has, so it is not printed."
        raise _Failure(message, Exit.BROKEN_CONTRACT, "InvalidResponseError")
    match form:
        case "json":
            return json.dumps({"token": token, "expires_at": _utc(expires_at)}) + "\n"
        case "env":
            return f"ACTIONS_RUNNER_INPUT_TOKEN={token}\n"
        case "config":
            return f"./config.sh --url {shlex.quote(url)} --token {token}\n"
        case "mask":
            return f"::add-mask::{token}\n{token}\n"
        case _:
            return f"{token}\n"


def _check_output(name: str | None) -> None:
    if name is None or name == "-":
        _print("")
        return
    from runner_registration import _output_file

    try:
        _output_file.check(name)
    except _output_file.OutputError as error:
        raise _Failure(f"{name} cannot be written: {error}.", Exit.OTHER, "OutputError") from None


def _write_output(name: str | None, text: str) -> None:
    if name is None or name == "-":
        _print(text)
        return
    from runner_registration import _output_file

    try:
        _output_file.write(name, text)
    except _output_file.OutputError as error:
        raise _Failure(f"{name} cannot be written: {error}.", Exit.OTHER, "OutputError") from None


def _print(text: str) -> None:
    if reason := _write(sys.stdout, text):
        raise _Failure(f"Standard output cannot be written: {reason}.", Exit.OTHER, "OutputError")


def _report(failure: _Failure, error_format: str) -> None:
    if error_format == "json":
        import json

        message = _printable(str(failure))
        error = {"error": failure.error, "message": message, "exit_code": failure.code, **failure.details}
        _write(sys.stderr, json.dumps(error) + "\n")
    else:
        _print_notice(str(failure))


def _printable(message: str) -> str:
    return "".join(character if character.isprintable() else " " for character in message)


def _print_notice(message: str) -> None:
    _write(
        sys.stderr, f"{PROG}: {_printable(message)}\n"
    )  # if standard error cannot be written, the exit code has to do


def _write(stream: TextIO | None, text: str) -> str | None:
    """Write to a standard stream, which is None if it is closed. Return why it failed, or None."""
    if stream is None:
        return "it is closed"
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        # Otherwise the interpreter would try to write the rest of the buffer when it exits, and complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error.strerror or "it cannot be written to"
    return None


@contextlib.contextmanager
def _notices(*, shown: bool) -> Generator[None]:
    """Print waits, as they begin, and warnings to standard error."""
    import logging
    import warnings

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if shown:
                _print_notice(record.getMessage())

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if shown:
            _print_notice(f"Warning: {message}")

    logger = logging.getLogger("runner_registration")
    handler, level = Handler(logging.INFO), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", FutureWarning)  # not an exception, even with PYTHONWARNINGS=error
            warnings.showwarning = show
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
