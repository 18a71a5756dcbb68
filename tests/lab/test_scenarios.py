"""The scenario files are complete and consistent, and `ssewizard lab` lists them."""

import tomllib
from importlib.resources import files

import pytest

from tests.cli.command import run_command
from wizard.diagnose.rules import all_rules
from wizard.lab import Scenario, list_scenarios, scenario_named
from wizard.lab.scenario import nginx_conf
from wizard.text.errors import LabError

FOLDER = files("wizard.lab") / "scenarios"
NAMES = sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir())
KEYS = {
    "title", "story", "server", "verdict", "expected", "risks", "http", "tls", "backend", "never",
    "options", "path", "fixed", "diff_proves",
}  # fmt: skip


@pytest.fixture(params=NAMES)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return scenario_named(request.param)


def test_each_file_is_a_scenario_and_the_incident_comes_first() -> None:
    names = [scenario.name for scenario in list_scenarios()]
    assert names[0] == "incident"
    assert sorted(names) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_key_is_misspelled(name: str) -> None:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    assert data.keys() <= KEYS


def test_it_expects_only_what_check_can_report(scenario: Scenario) -> None:
    assert scenario.title.strip()
    assert scenario.story.strip()
    assert scenario.verdict in ("healthy", "fault", "inconclusive")
    assert (scenario.verdict == "fault") == bool(scenario.expected)
    assert {*scenario.expected, *scenario.risks} <= set({rule.id for rule in all_rules()})
    assert scenario.options.keys() <= {"stall", "patience", "upgrade"}


def test_its_config_has_no_placeholder_left(scenario: Scenario, tmp_path: object) -> None:
    certificate = (FOLDER / "cert", FOLDER / "key") if scenario.tls else None
    text = nginx_conf(scenario, 1, 2, 3, certificate)  # type: ignore[arg-type]
    placeholders = ("$LISTEN", "$BACKEND", "$CLOSED", "$SECOND", "$STUCK", "$CERT", "$KEY")
    assert not [name for name in placeholders if name in text]
    assert "listen 127.0.0.1:1" in text
    assert ("ssl" in text) == scenario.tls


def test_an_unknown_name_is_answered_with_one_sentence() -> None:
    with pytest.raises(LabError, match="incident"):
        scenario_named("nope")
    for words in (["nope"], ["nope", "--serve"], ["no\x1b[2J", "--serve"]):
        run = run_command("lab", *words)
        assert (run.status, run.out) == (2, "")
        assert "there are incident, " in run.sentence


def test_the_list_has_each_scenario_with_its_title() -> None:
    run = run_command("lab", "--list")
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert [line.split()[0] for line in lines] == [s.name for s in list_scenarios()]
    assert max(map(len, lines)) <= 80
    assert all(scenario_named(line.split()[0]).title in line for line in lines)
