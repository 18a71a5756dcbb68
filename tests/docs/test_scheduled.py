"""The examples for schedulers: the tool's own parsers accept every command and list in them."""

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from wizard.cli.options import make_parser, target_of
from wizard.cli.targets import read_targets
from wizard.report.prometheus import HELP

FOLDER = Path(__file__).parents[2] / "docs" / "scheduled"
README = (FOLDER / "README.md").read_text("utf-8")
JOBS = ("job.yaml", "cronjob.yaml", "cronjob-metrics.yaml")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_TOKEN", "hunter2")


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def pod(name: str) -> dict[str, Any]:
    """The spec of the pod in a Job or a CronJob."""
    spec = read(f"kubernetes/{name}")["spec"]
    pod_spec: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    return pod_spec


def steps() -> list[dict[str, Any]]:
    job: dict[str, Any] = read("github-actions.yml")["jobs"]["check"]
    return list(job["steps"])


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(FOLDER / "systemd" / name)
    return parser


def commands() -> Iterator[list[str]]:
    """All commands of the examples, from the word after `ssewizard` on."""
    for name in JOBS:
        yield pod(name)["containers"][0]["args"]
    for step in steps():
        if step.get("run", "").startswith("ssewizard "):
            yield shlex.split(step["run"].replace("$PATIENCE", "7"))[1:]
    yield shlex.split(unit("ssewizard.service")["Service"]["ExecStart"])[1:]
    for line in re.findall(r"^\$ ssewizard (.+)$", README, re.MULTILINE):
        yield shlex.split(line)


def test_every_command_is_accepted() -> None:
    lines = list(commands())
    assert len(lines) == 7
    for command, *words in lines:
        assert command == "check"
        given = make_parser(command).parse_args(words)
        if given.targets is None:
            target_of(given)
            continue
        given.targets = str(FOLDER / "targets.toml")
        assert [item.name for item in read_targets(given)] == ["chat", "search", "status-page"]


def test_the_target_list_means_what_its_comments_say() -> None:
    given = make_parser("check").parse_args(["--targets", str(FOLDER / "targets.toml")])
    chat, _search, page = (item.target for item in read_targets(given))
    assert chat.headers == (("Authorization", "Bearer hunter2"),)
    assert (page.headers, page.mcp, page.patience) == ((), "never", 70.0)


def test_the_config_map_holds_the_target_list() -> None:
    embedded = read("kubernetes/targets.yaml")["data"]["targets.toml"]
    assert embedded == (FOLDER / "targets.toml").read_text("utf-8")


def test_the_target_list_in_the_readme_is_accepted(tmp_path: Path) -> None:
    text = README.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "t.toml").write_text(text, "utf-8")
    given = make_parser("check").parse_args(["--targets", str(tmp_path / "t.toml")])
    item, posting = read_targets(given)
    assert posting.target.is_sent_once
    assert item.target.direct[0].vantage == "web"
    assert [hop.name for hop in item.target.hops] == ["edge", "inner"]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_once_without_rights(name: str) -> None:
    document, spec = read(f"kubernetes/{name}"), pod(name)
    job = document["spec"].get("jobTemplate", document)["spec"]
    assert (document["apiVersion"], document["kind"]) == (
        "batch/v1",
        "CronJob" if name.startswith("cron") else "Job",
    )
    assert (job["backoffLimit"], spec["restartPolicy"]) == (0, "Never")
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    assert {item["name"] for item in container["volumeMounts"]} == {
        item["name"] for item in spec["volumes"]
    }


@pytest.mark.parametrize("name", JOBS)
def test_a_job_refers_to_what_the_examples_define(name: str) -> None:
    (container,) = pod(name)["containers"]
    given = make_parser("check").parse_args(container["args"][1:])
    mounts = {item["name"]: item["mountPath"] for item in container["volumeMounts"]}
    assert given.targets == f"{mounts['targets']}/targets.toml"
    config_map = read("kubernetes/targets.yaml")["metadata"]["name"]
    assert pod(name)["volumes"][0] == {"name": "targets", "configMap": {"name": config_map}}
    secret = container["envFrom"][0]["secretRef"]["name"]
    assert f"kubectl create secret generic {secret} --from-literal=MCP_TOKEN=" in README
    if given.output:
        assert given.output.startswith(f"{mounts['metrics']}/")
        assert given.output.endswith(".prom")


def test_jobs_use_the_image_of_the_dockerfile() -> None:
    images = {pod(name)["containers"][0]["image"] for name in JOBS}
    assert len(images) == 1
    assert f"-t {images.pop()} ." in README
    dockerfile = (FOLDER / "Dockerfile").read_text("utf-8")
    user = pod("job.yaml")["securityContext"]["runAsUser"]
    assert f"USER {user}:{user}\n" in dockerfile
    assert 'ENTRYPOINT ["ssewizard"]' in dockerfile


def test_the_workflow_is_scheduled_and_uploads_its_report() -> None:
    document = read("github-actions.yml")
    assert document[True].keys() == {"schedule", "workflow_dispatch"}  # YAML 1.1 reads `on` as true
    check, upload = steps()[-2:]
    assert check["env"].keys() == {"MCP_TOKEN", "PATIENCE"}
    given = make_parser("check").parse_args(shlex.split(check["run"].replace("$PATIENCE", "0"))[2:])
    assert given.format == "junit"
    assert upload["with"]["path"] == given.output
    assert "cancelled" in upload["if"]  # also after a red run


def test_the_service_may_write_its_output() -> None:
    service = unit("ssewizard.service")["Service"]
    given = make_parser("check").parse_args(shlex.split(service["ExecStart"])[2:])
    assert given.output == f"{service['ReadWritePaths']}/ssewizard.prom"
    assert given.format == "prometheus"
    assert service["SuccessExitStatus"] == "1 3"
    assert unit("ssewizard.timer")["Install"]["WantedBy"] == "timers.target"


def rules() -> list[dict[str, Any]]:
    return [rule for group in read("alerts.yml")["groups"] for rule in group["rules"]]


def test_alerts_use_metrics_that_exist() -> None:
    assert len(rules()) == 6
    for rule in rules():
        metrics = re.findall(r"ssewizard_(\w+)", f"{rule['expr']} {rule['annotations']}")
        assert metrics
        assert set(metrics) <= HELP.keys(), rule["alert"]


def test_the_readme_lists_every_metric_with_its_meaning() -> None:
    rows = re.findall(r"^\| `ssewizard_(\w+)` \| .* \| (.+) \|$", README, re.MULTILINE)
    assert dict(rows) == HELP


def test_every_file_is_named_in_the_readme() -> None:
    for file in FOLDER.rglob("*"):
        name = str(file.relative_to(FOLDER))
        linked = f"]({name})" in README or f"]({name.partition('/')[0]})" in README
        assert linked or name == "README.md", name
