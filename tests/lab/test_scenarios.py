"""The scenarios as data, and what `ssewizard lab` says without one."""

import tomllib
from importlib.resources import files

import pytest

from tests.cli.command import ran
from wizard.diagnose.rules import all_rules
from wizard.lab import Scenario, list_scenarios, scenario_named
from wizard.lab.template import render
from wizard.text.errors import LabError

FOLDER = files("wizard.lab") / "scenarios"
NAMES = sorted(one.name.removesuffix(".toml") for one in FOLDER.iterdir())
KEYS = {
    "title", "story", "server", "verdict", "expected", "risks", "http", "tls", "backend", "never",
    "options", "path", "mended",
}  # fmt: skip


@pytest.fixture(params=NAMES)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return scenario_named(request.param)


def test_each_file_is_a_scenario_and_the_incident_comes_first() -> None:
    names = [one.name for one in list_scenarios()]
    assert names[0] == "incident"
    assert sorted(names) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_key_is_misspelled(name: str) -> None:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    assert data.keys() <= KEYS


def test_it_promises_what_the_tool_can_say(scenario: Scenario) -> None:
    assert scenario.title.strip()
    assert scenario.story.strip()
    assert scenario.verdict in ("healthy", "fault", "inconclusive")
    assert (scenario.verdict == "fault") == bool(scenario.expected)
    assert {*scenario.expected, *scenario.risks} <= set({rule.id for rule in all_rules()})
    assert scenario.options.keys() <= {"stall", "patience"}


def test_its_config_leaves_nothing_to_be_filled_in(scenario: Scenario, tmp_path: object) -> None:
    certificate = (FOLDER / "cert", FOLDER / "key") if scenario.tls else None
    text = render(scenario, 1, 2, 3, certificate)  # type: ignore[arg-type]
    names = ("$LISTEN", "$BACKEND", "$CLOSED", "$SECOND", "$STUCK", "$CERT", "$KEY")
    assert not [name for name in names if name in text]
    assert "listen 127.0.0.1:1" in text
    assert ("ssl" in text) == scenario.tls


def test_an_unknown_name_in_one_sentence() -> None:
    with pytest.raises(LabError, match="incident"):
        scenario_named("nope")
    for words in (["nope"], ["nope", "--serve"], ["no\x1b[2J", "--serve"]):
        run = ran("lab", *words)
        assert (run.status, run.out) == (2, "")
        assert "there are incident, " in run.sentence


def test_the_list() -> None:
    run = ran("lab", "--list")
    assert (run.status, run.err) == (0, "")
    assert [line.split()[0] for line in run.out.splitlines()] == [s.name for s in list_scenarios()]
    assert all(scenario_named(line.split()[0]).title in line for line in run.out.splitlines())
