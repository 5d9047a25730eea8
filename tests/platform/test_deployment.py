"""The descriptions of a deployment, held against what they name."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "hpsync"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = (ROOT / "hpsync" / "settings.py").read_text()
READ_BY_SETTINGS = set(re.findall(r'\benv(?:\.\w+)?\(\s*"(\w+)"', SETTINGS))
EXAMPLE = (ROOT / ".env.example").read_text()


def test_every_part_of_the_product_is_there() -> None:
    assert {"web", "worker", "clock", "beat", "postgres", "redis", "mail"} <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_service_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_services_may_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_the_image_does_not_run_as_root() -> None:
    assert re.search(r"^USER hpsync$", DOCKERFILE, re.MULTILINE)


def test_somebody_takes_ticks_alone_and_workers_take_what_is_left() -> None:
    clock = SERVICES["clock"]["command"]
    assert clock[clock.index("--queues") + 1] == settings.CLOCK_QUEUE
    assert "--queues" not in SERVICES["worker"]["command"]
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} == {"hpsync", "clock"}


def test_nothing_is_open_to_the_network_around() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_database_and_broker_reach_nobody_else(name: str) -> None:
    assert SERVICES[name]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_services_wait_for_and_use_only_what_exists() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]


def test_web_and_worker_share_the_folder_of_uploaded_files() -> None:
    said = re.search(r"VAR_DIR=(\S+)", DOCKERFILE)
    assert said
    for name in ("web", "worker"):
        assert SERVICES[name]["volumes"] == [f"imports:{said[1]}/imports"]


def test_what_the_image_keeps_belongs_to_its_user_alone() -> None:
    # A volume takes owner and mode from the folder that it is mounted on.
    made = 'install -d -m 0700 -o hpsync "$VAR_DIR" "$VAR_DIR/imports"'
    assert DOCKERFILE.index("useradd") < DOCKERFILE.index(made) < DOCKERFILE.index("USER hpsync")


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:SECRET|KEYS|PASSWORD)\w*)([^}]*)\}", text)
    assert {name for name, _ in secrets} == {
        "SECRET_KEY",
        "CREDENTIAL_KEYS",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
    }
    assert {default for _, default in secrets} == {":?"}


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_told_nothing_that_the_settings_do_not_read(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= READ_BY_SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_commands_are_ones_that_we_have(name: str) -> None:
    command = SERVICES[name].get("command", ["gunicorn"])
    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    elif command[0] == "celery":
        assert command[1:3] == ["-A", "hpsync"]
        assert (ROOT / "hpsync" / "celery.py").exists()
    else:
        assert command == ["gunicorn"]
        assert '"gunicorn", "hpsync.wsgi:application"' in DOCKERFILE


def test_the_image_holds_every_package_of_ours() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE)
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")} | {"common", "sandbox"}
    assert packages | {"locale", "static", "templates"} == set(copied)
    ignored = (ROOT / ".dockerignore").read_text()
    assert all(f"!{name}\n" in ignored for name in copied)


def test_what_the_settings_read_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert documented == READ_BY_SETTINGS


def test_the_example_sets_nothing_by_itself() -> None:
    assert [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")] == []


# Plain hosts and Kubernetes: the same programs as in docker-compose.yml

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
MANIFESTS = [
    manifest
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
PODS = {
    manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
}
#: What may be said otherwise in each place: where it writes, and what it is called.
OF_THE_PLACE = {"--bind", "--worker-tmp-dir", "--schedule", "--hostname"}


def said(command: list[str]) -> set[str]:
    """What a program is told, but for what belongs to its place."""
    words = [Path(command[0]).name, *command[1:]]
    own = {at + 1 for at, word in enumerate(words) if word in OF_THE_PLACE}
    return {word for at, word in enumerate(words) if at not in own and word not in OF_THE_PLACE}


def in_compose(name: str) -> set[str]:
    command = SERVICES[name].get("command") or re.findall(r'"([^"]+)"', DOCKERFILE.split("CMD")[1])
    return said(command)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_what_the_compose_file_starts(path: Path) -> None:
    (command,) = re.findall(r"^ExecStart=(.+)$", path.read_text(), re.MULTILINE)

    assert said(command.split()) == in_compose(path.stem.removeprefix("hpsync-"))


def test_the_target_wants_every_unit() -> None:
    target = (ROOT / "deploy" / "systemd" / "hpsync.target").read_text()

    assert set(re.findall(r"hpsync-\w+\.service", target)) == {path.name for path in UNITS}
    assert len(UNITS) == 4


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_runs_what_the_compose_file_runs_and_may_do_nothing_else(name: str) -> None:
    (container,) = PODS[name]["containers"]
    command = container.get("command")

    assert (said(command) if command else in_compose(name)) == in_compose(name)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert PODS[name]["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {PODS[name]['securityContext']['runAsUser']} " in DOCKERFILE


def test_every_manifest_is_applied_and_says_variables_that_there_are() -> None:
    folder = ROOT / "deploy" / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in folder.glob("*.yaml")}

    (given,) = [one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap"]
    assert set(given) <= READ_BY_SETTINGS
    assert set(PODS) == {"migrate", "web", "worker", "clock", "beat"}
