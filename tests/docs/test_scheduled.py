"""The examples for schedulers: the tool's own readers take every command and every list in them."""

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
    """The pod's spec in a Job or a CronJob."""
    spec = read(f"kubernetes/{name}")["spec"]
    made: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    return made


def steps() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = read("github-actions.yml")["jobs"]["check"]["steps"]
    return made


def unit(name: str) -> ConfigParser:
    made = ConfigParser(interpolation=None)
    made.optionxform = str  # type: ignore[assignment,method-assign]
    made.read(FOLDER / "systemd" / name)
    return made


def commands() -> Iterator[list[str]]:
    """Every command line of ours, from the word after `ssewizard` on."""
    for name in JOBS:
        yield pod(name)["containers"][0]["args"]
    for step in steps():
        if step.get("run", "").startswith("ssewizard "):
            yield shlex.split(step["run"].replace("$PATIENCE", "7"))[1:]
    yield shlex.split(unit("ssewizard.service")["Service"]["ExecStart"])[1:]
    for line in re.findall(r"^\$ ssewizard (.+)$", README, re.MULTILINE):
        yield shlex.split(line)


def test_every_command_is_one() -> None:
    found = list(commands())
    assert len(found) == 7
    for command, *words in found:
        assert command == "check"
        given = make_parser(command).parse_args(words)
        if given.targets is None:
            target_of(given)
            continue
        given.targets = str(FOLDER / "targets.toml")
        assert [one.name for one in read_targets(given)] == ["chat", "search", "status-page"]


def test_the_list_says_what_its_comments_say() -> None:
    given = make_parser("check").parse_args(["--targets", str(FOLDER / "targets.toml")])
    chat, _search, page = (one.target for one in read_targets(given))
    assert chat.headers == (("Authorization", "Bearer hunter2"),)
    assert (page.headers, page.mcp, page.patience) == ((), False, 70.0)


def test_the_config_map_holds_that_list() -> None:
    held = read("kubernetes/targets.yaml")["data"]["targets.toml"]
    assert held == (FOLDER / "targets.toml").read_text("utf-8")


def test_the_list_in_the_readme_shows_every_key(tmp_path: Path) -> None:
    text = README.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "t.toml").write_text(text, "utf-8")
    given = make_parser("check").parse_args(["--targets", str(tmp_path / "t.toml")])
    (one,) = read_targets(given)
    assert one.target.direct[0].vantage == "web"
    assert [hop.name for hop in one.target.hops] == ["edge", "inner"]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_once_as_nobody_and_writes_nowhere(name: str) -> None:
    whole, spec = read(f"kubernetes/{name}"), pod(name)
    job = whole["spec"].get("jobTemplate", whole)["spec"]
    assert (whole["apiVersion"], whole["kind"]) == (
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
    assert {one["name"] for one in container["volumeMounts"]} == {
        one["name"] for one in spec["volumes"]
    }


@pytest.mark.parametrize("name", JOBS)
def test_what_a_job_names_is_there(name: str) -> None:
    (container,) = pod(name)["containers"]
    given = make_parser("check").parse_args(container["args"][1:])
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert given.targets == f"{mounts['targets']}/targets.toml"
    known = read("kubernetes/targets.yaml")["metadata"]["name"]
    assert pod(name)["volumes"][0] == {"name": "targets", "configMap": {"name": known}}
    secret = container["envFrom"][0]["secretRef"]["name"]
    assert f"kubectl create secret generic {secret} --from-literal=MCP_TOKEN=" in README
    if given.output:
        assert given.output.startswith(f"{mounts['metrics']}/")
        assert given.output.endswith(".prom")


def test_the_image_is_the_one_that_is_built() -> None:
    images = {pod(name)["containers"][0]["image"] for name in JOBS}
    assert len(images) == 1
    assert f"-t {images.pop()} ." in README
    dockerfile = (FOLDER / "Dockerfile").read_text("utf-8")
    user = pod("job.yaml")["securityContext"]["runAsUser"]
    assert f"USER {user}:{user}\n" in dockerfile
    assert 'ENTRYPOINT ["ssewizard"]' in dockerfile


def test_the_workflow_is_scheduled_and_keeps_its_report() -> None:
    whole = read("github-actions.yml")
    assert whole[True].keys() == {"schedule", "workflow_dispatch"}  # YAML 1.1 reads `on` as true
    check, keep = steps()[-2:]
    assert check["env"].keys() == {"MCP_TOKEN", "PATIENCE"}
    given = make_parser("check").parse_args(shlex.split(check["run"].replace("$PATIENCE", "0"))[2:])
    assert given.format == "junit"
    assert keep["with"]["path"] == given.output
    assert "cancelled" in keep["if"]  # also after a red run


def test_the_service_writes_where_it_may() -> None:
    service = unit("ssewizard.service")["Service"]
    given = make_parser("check").parse_args(shlex.split(service["ExecStart"])[2:])
    assert given.output == f"{service['ReadWritePaths']}/ssewizard.prom"
    assert given.format == "prometheus"
    assert service["SuccessExitStatus"] == "1 3"
    assert unit("ssewizard.timer")["Install"]["WantedBy"] == "timers.target"


def rules() -> list[dict[str, Any]]:
    return [rule for group in read("alerts.yml")["groups"] for rule in group["rules"]]


def test_alerts_ask_for_metrics_that_are_written() -> None:
    assert len(rules()) == 6
    for rule in rules():
        asked = re.findall(r"ssewizard_(\w+)", f"{rule['expr']} {rule['annotations']}")
        assert asked
        assert set(asked) <= HELP.keys(), rule["alert"]


def test_the_readme_lists_every_metric_with_its_meaning() -> None:
    rows = re.findall(r"^\| `ssewizard_(\w+)` \| .* \| (.+) \|$", README, re.MULTILINE)
    assert dict(rows) == HELP


def test_every_file_is_named_in_the_readme() -> None:
    for file in FOLDER.rglob("*"):
        name = str(file.relative_to(FOLDER))
        linked = f"]({name})" in README or f"]({name.partition('/')[0]})" in README
        assert linked or name == "README.md", name
