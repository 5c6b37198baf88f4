"""The recipes, taken from their pages."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from runner_registration.testing import RegistrationServer

from . import cloud_init, standins
from .conftest import Workshop
from .pages import ROOT, take

WORKFLOW = take("recipes/github-actions.md", ".github/workflows/new-runner.yml")
ACTION_STEP = take("recipes/github-actions.md", "step")
MAKE_USER_DATA = take("recipes/cloud-init.md", "make-user-data")
PLAY = take("recipes/ansible.md", "register.yml")
TERRAFORM = take("recipes/terraform.md", "main.tf")
RENEW_SECRET = take("recipes/kubernetes.md", "renew-secret")
RUNNER_JOB = take("recipes/kubernetes.md", "runner.yaml")
START_RUNNER = take("recipes/docker.md", "start-runner")
ENTRYPOINT = take("recipes/docker.md", "entrypoint")
ENTERPRISE_PYTHON = take("recipes/enterprise-server.md", "enterprise_server.py")
ENTERPRISE_SHELL = take("recipes/enterprise-server.md", "enterprise-server")
GITHUB_APP = take("recipes/github-app.md", "github_app.py")
APP_AWS_KMS = take("recipes/github-app.md", "app_aws_kms.py")
APP_VAULT = take("recipes/github-app.md", "app_vault.py")
RETRY_LOOP = take("recipes/retry-loop.md", "register")
PROXY = take("recipes/proxy.md", "behind-a-proxy")
RENEWAL = take("recipes/kubernetes.md", "renewal.yaml")
OWN_DATA_SOURCE = take("recipes/terraform.md", "github.tf")

# These have no types.
hcl2: Any = import_module("hcl2")
kubernetes_validate: Any = import_module("kubernetes_validate")


def validate(object_: object) -> None:
    kubernetes_validate.validate(object_, kubernetes_validate.latest_version(), strict=True)


# --- GitHub Actions


def test_the_workflow_is_valid_and_safe(workshop: Workshop) -> None:
    folder = workshop.folder / ".github/workflows"
    folder.mkdir(parents=True)
    path = workshop.write(".github/workflows/new-runner.yml", WORKFLOW)
    checks: list[list[str | Path]] = [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", path],
        ["zizmor", "--offline", path],
    ]
    for check in checks:
        workshop.run(*check)


def test_the_workflow_pins_the_same_actions_as_ours_and_its_packages() -> None:
    ours = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    used = [step["uses"] for step in workflow_steps() if "uses" in step]
    assert used
    assert all(action in ours for action in used)
    (install,) = (step["run"] for step in workflow_steps() if "pip install" in step.get("run", ""))
    assert "--require-hashes" in install


def workflow_steps() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load(WORKFLOW)["jobs"]["new-runner"]["steps"]
    return steps


@pytest.fixture
def step(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The step's script, with the environment that a runner gives it."""
    monkeypatch.setenv("GITHUB_REPOSITORY_OWNER", "octo-org")
    monkeypatch.setenv("GITHUB_OUTPUT", str(workshop.write("outputs", "")))
    (script,) = (step["run"] for step in workflow_steps() if step.get("id") == "registration")
    return workshop.write("step", script)


def test_the_step_masks_the_token_before_it_sets_the_output(workshop: Workshop, step: Path) -> None:
    done = workshop.run("bash", "-e", step)
    assert (done.stderr, done.stdout) == ("", f"::add-mask::{workshop.token}\n")
    assert (workshop.folder / "outputs").read_text() == f"token={workshop.token}\n"
    assert not (workshop.folder / "registration").exists()


def test_the_step_fails_without_a_token(workshop: Workshop, step: Path) -> None:
    workshop.server.use("missing_admin")
    workshop.run("bash", "-e", step, status=4)
    assert (workshop.folder / "outputs").read_text() == ""


def test_the_step_with_the_action_uses_its_inputs_and_output() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    (step,) = yaml.safe_load(ACTION_STEP)
    assert step["with"].keys() < action["inputs"].keys()
    page = (ROOT / "docs/recipes/github-actions.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+`) \| ", page, re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", " ".join(rows)) == list(action["inputs"])
    assert list(action["outputs"]) == re.findall(r"steps\.registration\.outputs\.(\w+) }}`", page)


# --- cloud-init


def test_the_user_data_is_valid_and_private_and_its_commands_are_sound(workshop: Workshop, tmp_path: Path) -> None:
    workshop.script("make-user-data", MAKE_USER_DATA)
    path = workshop.folder / "user-data"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    cloud_init.check(path, tmp_path)
    data = yaml.safe_load(path.read_text())
    (file,) = data["write_files"]
    assert (file["permissions"], file["content"]) == ("0600", f"ACTIONS_RUNNER_INPUT_TOKEN={workshop.token}\n")
    (commands,) = data["runcmd"]
    assert workshop.token not in commands
    # What the first command sources is not there to be checked.
    workshop.run("shellcheck", "--shell=sh", "--exclude=SC1091,SC2164", workshop.write("commands", commands))


def test_no_user_data_is_made_without_a_token(workshop: Workshop) -> None:
    workshop.server.use("not_found")
    workshop.script("make-user-data", MAKE_USER_DATA, status=4)
    assert not (workshop.folder / "user-data").exists()


# --- Ansible


@pytest.fixture
def inventory(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("ANSIBLE_NOCOLOR", "1")
    monkeypatch.setenv("ANSIBLE_LOCAL_TEMP", str(workshop.folder / "ansible"))
    monkeypatch.setenv("ANSIBLE_REMOTE_TEMP", str(workshop.folder / "ansible"))
    standins.command(workshop.folder / "config.sh", then="touch .runner\n")
    workshop.write("register.yml", PLAY)
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "runner_folder": str(workshop.folder),
    }
    hosts = {"runners": {"hosts": {"one": None}, "vars": variables}}
    return workshop.write("inventory.yml", yaml.safe_dump(hosts))


def play(workshop: Workshop, inventory: Path, status: int = 0) -> str:
    done = workshop.run("ansible-playbook", "-vvv", "--inventory", inventory, "register.yml", status=status)
    return done.stdout + done.stderr


def test_the_play_registers_a_host_once_and_never_shows_the_token(workshop: Workshop, inventory: Path) -> None:
    output = play(workshop, inventory)
    assert workshop.token not in output
    config = workshop.folder / "config.sh"
    assert standins.arguments(config) == ["--unattended", "--url", "https://github.com/octo-org"]
    assert standins.token(config) == workshop.token
    assert not (workshop.folder / ".token").exists()
    play(workshop, inventory)
    assert len(workshop.server.requests) == 1


def test_the_play_fails_without_a_token(workshop: Workshop, inventory: Path) -> None:
    workshop.server.use("missing_admin")
    play(workshop, inventory, status=2)
    assert not (workshop.folder / "config.sh.arguments").exists()


# --- Terraform


def test_terraform_reads_what_the_program_prints(workshop: Workshop) -> None:
    configuration: dict[str, Any] = hcl2.loads(TERRAFORM)

    def plain(value: object) -> str:
        return str(value).strip('"')

    data: dict[str, Any] = next(iter(next(iter(configuration["data"][0].values())).values()))
    program = [plain(word) for word in data["program"]]
    result = json.loads(workshop.run(*program).stdout)
    assert result["token"] == workshop.token
    assert all(isinstance(value, str) for value in result.values())  # all that the data source takes
    for output in configuration["output"]:
        (described,) = output.values()
        assert plain(described["value"]).removeprefix("${data.external.registration.result.").rstrip("}") in result


def test_the_syntax_of_githubs_own_data_source() -> None:
    configuration: dict[str, Any] = hcl2.loads(OWN_DATA_SOURCE)
    (data,) = configuration["data"]
    assert "github_actions_organization_registration_token" in str(data)


# --- Kubernetes


def test_the_secret_goes_to_kubectl_by_standard_input(workshop: Workshop, tmp_path: Path) -> None:
    kubectl = standins.command(tmp_path / "bin/kubectl", then='cat > "$0.input"\n')
    assert workshop.script("renew-secret", RENEW_SECRET).stderr == ""
    assert standins.arguments(kubectl) == ["apply", "--filename=-"]
    secret = yaml.safe_load(Path(f"{kubectl}.input").read_text())
    assert secret["stringData"] == {"ACTIONS_RUNNER_INPUT_TOKEN": workshop.token}
    validate(secret)
    (reference,) = yaml.safe_load(RUNNER_JOB)["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    assert reference["secretRef"]["name"] == secret["metadata"]["name"]


def test_kubectl_is_not_called_without_a_token(workshop: Workshop, tmp_path: Path) -> None:
    kubectl = standins.command(tmp_path / "bin/kubectl")
    workshop.server.use("missing_admin")
    workshop.script("renew-secret", RENEW_SECRET, status=4)
    assert not Path(f"{kubectl}.arguments").exists()


def test_the_job_is_valid() -> None:
    validate(yaml.safe_load(RUNNER_JOB))


def test_the_secret_is_renewed_on_a_schedule() -> None:
    objects = list(yaml.safe_load_all(RENEWAL))
    for object_ in objects:
        validate(object_)
    account, role, binding, schedule = objects
    pod = schedule["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["metadata"]["name"] == binding["subjects"][0]["name"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert role["rules"][0]["resourceNames"] == ["runner-registration"]
    (container,) = pod["containers"]
    assert container["command"] == ["renew-secret"]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables.keys() == {"GITHUB_APP_CLIENT_ID", "GITHUB_APP_PRIVATE_KEY_PATH"}
    (mount,), (volume,) = container["volumeMounts"], pod["volumes"]
    assert variables["GITHUB_APP_PRIVATE_KEY_PATH"].startswith(mount["mountPath"])
    assert mount["name"] == volume["name"]


# --- Docker


def test_the_container_gets_the_token_and_nothing_else(workshop: Workshop, tmp_path: Path) -> None:
    docker = standins.command(
        tmp_path / "bin/docker", then='cat runner.env > "$0.env"; stat -c %a runner.env >> "$0.env"'
    )
    assert workshop.script("start-runner", START_RUNNER).stderr == ""
    given = standins.arguments(docker)
    assert given[given.index("--env-file") + 1] == "runner.env"
    assert workshop.token not in " ".join(given)
    assert Path(f"{docker}.env").read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={workshop.token}\n600\n"
    assert not (workshop.folder / "runner.env").exists()


def test_the_entrypoint_registers_and_hides_the_token_from_jobs(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_RUNNER_INPUT_TOKEN", "TOKEN-OF-THE-RUNNER")
    monkeypatch.setenv("ORGANIZATION", "octo-org")
    workshop.script("entrypoint", ENTRYPOINT)
    config = workshop.folder / "config.sh"
    assert standins.arguments(config) == ["--unattended", "--ephemeral", "--url", "https://github.com/octo-org"]
    assert standins.token(config) == "TOKEN-OF-THE-RUNNER"
    assert standins.arguments(workshop.folder / "run.sh") == []
    assert standins.token(workshop.folder / "run.sh") == ""


def test_nothing_runs_if_the_runner_cannot_be_configured(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANIZATION", "octo-org")
    standins.command(workshop.folder / "config.sh", then="exit 1\n")
    workshop.script("entrypoint", ENTRYPOINT, status=1)
    assert not (workshop.folder / "run.sh.arguments").exists()


# --- Enterprise Server


@pytest.fixture
def enterprise(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """Let the test server be github.example.com, with a certificate of a private CA."""
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", "credential-of-the-enterprise")
    with standins.host("github.example.com", workshop.server, workshop.folder / "ca.pem", monkeypatch):
        yield workshop


@pytest.mark.parametrize(
    ("run", "name", "text"),
    [(sys.executable, "enterprise_server.py", ENTERPRISE_PYTHON), ("sh", "enterprise-server", ENTERPRISE_SHELL)],
)
def test_a_server_with_a_private_ca(enterprise: Workshop, run: str, name: str, text: str) -> None:
    path = enterprise.write(name, text)
    assert enterprise.run(run, path).stderr == ""
    (request,) = enterprise.server.requests
    assert request.path == "/api/v3/orgs/octo-org/actions/runners/registration-token"
    standins.certified("github.example.com", enterprise.folder / "ca.pem")  # by another CA
    done = enterprise.run(run, path, status=1)
    assert re.search("The certificate of github.example.com .*is not trusted", done.stderr)
    assert len(enterprise.server.requests) == 1


# --- GitHub App


@pytest.fixture
def app(
    app_key: rsa.RSAPrivateKey, app_key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RegistrationServer]:
    """GitHub's side of the sign-in, which verifies the signatures."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    with RegistrationServer(app_public_key=app_key.public_key().public_bytes(encoding, form)) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


def signed_in(workshop: Workshop, app: RegistrationServer, name: str, text: str) -> list[str]:
    """Run a recipe and return the requests that it caused."""
    assert workshop.run(sys.executable, workshop.write(name, text)).stderr == ""
    return [f"{request.method} {request.path}" for request in app.requests]


SIGN_IN = [
    "GET /orgs/octo-org/installation",
    "POST /app/installations/1001/access_tokens",
    "POST /orgs/octo-org/actions/runners/registration-token",
]


def test_an_app_signs_in_with_its_key(workshop: Workshop, app: RegistrationServer) -> None:
    assert signed_in(workshop, app, "github_app.py", GITHUB_APP) == SIGN_IN


def test_an_app_signs_in_with_a_key_in_aws_kms(workshop: Workshop, app: RegistrationServer) -> None:
    workshop.write("boto3.py", standins.BOTO3)
    assert signed_in(workshop, app, "app_aws_kms.py", APP_AWS_KMS) == SIGN_IN


def test_an_app_signs_in_with_a_key_in_vault(
    workshop: Workshop, app: RegistrationServer, app_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standins.vault(app_key) as url:
        monkeypatch.setenv("VAULT_ADDR", url)
        monkeypatch.setenv("VAULT_TOKEN", "hvs.token")
        assert signed_in(workshop, app, "app_vault.py", APP_VAULT) == SIGN_IN


# --- A retry loop


@pytest.fixture
def sleep(tmp_path: Path) -> Path:
    """A `sleep` that takes no time, and lists the seconds that it was called with."""
    path = tmp_path / "bin/sleep"
    path.write_text('#!/bin/sh\necho "$1" >> "$0.seconds"\n')
    path.chmod(0o755)
    return Path(f"{path}.seconds")


def test_the_loop_registers_after_an_outage(workshop: Workshop, sleep: Path) -> None:
    workshop.server.use(*["bad_gateway"] * 8, "created")  # each command makes four attempts
    workshop.script("register", RETRY_LOOP)
    assert sleep.read_text().split() == ["10", "20"]
    assert standins.token(workshop.folder / "config.sh") == workshop.token


def test_the_loop_ends(workshop: Workshop, sleep: Path) -> None:
    workshop.server.use("service_unavailable")
    workshop.script("register", RETRY_LOOP, status=3)
    assert sleep.read_text().split() == [str(10 * 2**number) for number in range(7)]
    assert not (workshop.folder / "config.sh.arguments").exists()


def test_the_loop_does_not_repeat_what_cannot_succeed(workshop: Workshop, sleep: Path) -> None:
    workshop.server.use("missing_admin")
    workshop.script("register", RETRY_LOOP, status=4)
    assert not sleep.exists()


# --- Behind a proxy


@pytest.mark.parametrize("password", ["p@ss/w:rd#1?%41 +&", "umläut"])
def test_the_proxy_gets_the_credentials(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    ca_file = workshop.folder / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    monkeypatch.setenv("PROXY_USER", "DOMAIN\\jane")
    monkeypatch.setenv("PROXY_PASSWORD_FILE", str(workshop.write("password", f"{password}\n")))
    credentials = f"DOMAIN\\jane:{password}"
    with standins.host("api.github.com", workshop.server, ca_file, monkeypatch, credentials) as proxy:
        monkeypatch.setenv("PROXY_HOST", proxy.removeprefix("http://"))
        done = workshop.script("behind-a-proxy", PROXY)
        assert (done.stdout, done.stderr) == (f"{workshop.token}\n", "")
        workshop.write("password", "another")
        workshop.script("behind-a-proxy", PROXY, status=1)
