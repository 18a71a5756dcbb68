"""Which settings change, because of what."""

import re
from pathlib import Path

import pytest

import wizard.recommend
from tests.recommend.builders import case_of, diagnosis_of, direct_result, resolution_of
from wizard.diagnose.rules import Rule, all_rules, rule_ids
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Diagnosis
from wizard.recommend import recommend
from wizard.recommend.settings import wanted_settings

SERVER = "server { location / { %s } }"
PROXIED = SERVER % "proxy_pass http://b;"


def _changes(case: Case, diagnosis: Diagnosis) -> tuple[Change, ...]:
    wanted = wanted_settings(diagnosis)
    assert wanted
    return wanted.for_stream(case)


def _texts(case: Case, *ids: str) -> list[str]:
    return [change.text for change in _changes(case, diagnosis_of(*ids))]


def test_a_held_stream_needs_no_buffering_and_a_long_timeout() -> None:
    case = case_of(resolution_of(PROXIED))
    assert _texts(case, "proxy-buffering-hold") == [
        "proxy_buffering off;",
        "proxy_read_timeout 3600s;",
    ]


def test_gzip_is_switched_off_only_where_it_holds() -> None:
    case = case_of(resolution_of(PROXIED))
    assert "gzip off;" in _texts(case, "gzip-plus-buffering")
    assert "proxy_buffering off;" in _texts(case, "gzip-plus-buffering")
    assert "gzip off;" not in _texts(case, "proxy-buffering-hold")


def test_an_ignored_header_needs_no_buffering_and_the_reason_names_the_alternative() -> None:
    recommendation = _changes(case_of(resolution_of(PROXIED)), diagnosis_of("xab-ignored"))
    assert recommendation[0].text == "proxy_buffering off;"
    assert "X-Accel-Buffering" in recommendation[0].reason


def test_a_cut_stream_changes_only_the_timeout() -> None:
    assert _texts(case_of(resolution_of(PROXIED)), "idle-read-timeout") == [
        "proxy_read_timeout 3600s;"
    ]


def test_a_risk_is_fixed_together_with_the_cause() -> None:
    case = case_of(resolution_of(PROXIED, proxy_read_timeout="60s"))
    both = diagnosis_of("idle-read-timeout", risks=["proxy-buffering-hold"])
    assert [change.name for change in _changes(case, both)] == [
        "proxy_buffering",
        "proxy_read_timeout",
    ]


@pytest.mark.parametrize(
    ("timeout", "gap", "changes_it"),
    [
        ("300", 15.0, False),
        ("300", None, True),
        ("300", 400.0, True),
        ("60s", 15.0, True),
        ("1m", None, True),
        ("2h", None, False),
        ("1h", 4000.0, False),
        ("$variable", None, False),
    ],
)
def test_the_read_timeout_grows_where_a_silence_could_end_the_stream(
    timeout: str, gap: float | None, changes_it: bool
) -> None:
    case = case_of(resolution_of(PROXIED, proxy_read_timeout=timeout), direct_result(gap))
    assert ("proxy_read_timeout 3600s;" in _texts(case, "proxy-buffering-hold")) == changes_it


def test_an_inherited_cache_is_switched_off_and_no_other() -> None:
    cached = case_of(resolution_of(PROXIED, proxy_cache="zone"))
    assert "proxy_cache off;" in _texts(cached, "proxy-buffering-hold")
    for none in ("off", ""):
        case = case_of(resolution_of(PROXIED, proxy_cache=none))
        assert "proxy_cache off;" not in _texts(case, "proxy-buffering-hold")


def test_x_accel_buffering_yes_is_ignored_beside_the_headers_ignored_already() -> None:
    case = case_of(
        resolution_of(PROXIED, proxy_ignore_headers="Vary"), direct_result(x_accel_buffering="yes")
    )
    wanted = "proxy_ignore_headers Vary X-Accel-Buffering;"
    assert wanted in _texts(case, "proxy-buffering-hold")


@pytest.mark.parametrize("kind", ["fastcgi", "uwsgi", "scgi"])
def test_other_upstreams_get_their_own_directives(kind: str) -> None:
    text = SERVER % f"{kind}_pass b:9000;"
    recommendation = recommend(
        case_of(resolution_of(text, kind=kind)), diagnosis_of("proxy-buffering-hold")
    )
    assert recommendation
    assert f"{kind}_buffering off;" in recommendation.block
    assert "proxy_" not in recommendation.block
    assert not any("proxy_" in line for line, _ in recommendation.omitted)


def test_a_timeout_of_grpc_pass_gets_its_own_directive() -> None:
    resolution = resolution_of(SERVER % "grpc_pass b:50051;", kind="grpc", grpc_read_timeout="60s")
    recommendation = recommend(case_of(resolution), diagnosis_of("idle-read-timeout"))
    assert recommendation
    assert "grpc_read_timeout 3600s;" in recommendation.block
    assert recommend(case_of(resolution), diagnosis_of("proxy-buffering-hold")) is None


def test_the_recommender_names_no_failure_mode() -> None:
    ids = re.compile("|".join(rf"[\"']{id}[\"']" for id in rule_ids()))
    for file in Path(wizard.recommend.__file__).parent.glob("*.py"):
        assert not ids.findall(file.read_text()), file


@pytest.mark.parametrize(
    "rule", [rule for rule in all_rules() if rule.settings], ids=lambda r: r.id
)
def test_every_rule_with_settings_leads_to_a_recommendation(rule: Rule) -> None:
    for case in (case_of(), case_of(resolution_of(PROXIED))):
        recommendation = recommend(case, diagnosis_of(rule.id))
        assert recommendation
        assert recommendation.summary
