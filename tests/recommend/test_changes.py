"""Which settings change, because of what."""

import re
from pathlib import Path

import pytest

import wizard.recommend
from tests.recommend.sites import case, diagnosis, resolution, result
from wizard.diagnose.rules import rule_ids
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Diagnosis
from wizard.recommend import recommend
from wizard.recommend.settings import wanted_settings

SERVER = "server { location / { %s } }"
PROXIED = SERVER % "proxy_pass http://b;"


def _changes(known: Case, found: Diagnosis) -> tuple[Change, ...]:
    wanted = wanted_settings(found)
    assert wanted
    return wanted.for_stream(known)


def _texts(known: Case, *ids: str) -> list[str]:
    return [change.text for change in _changes(known, diagnosis(*ids))]


def test_held_asks_for_no_buffering_and_long_silences() -> None:
    known = case(resolution(PROXIED))
    assert _texts(known, "proxy-buffering-hold") == [
        "proxy_buffering off;",
        "proxy_read_timeout 3600s;",
    ]


def test_gzip_is_switched_off_only_where_it_holds() -> None:
    known = case(resolution(PROXIED))
    assert "gzip off;" in _texts(known, "gzip-plus-buffering")
    assert "proxy_buffering off;" in _texts(known, "gzip-plus-buffering")
    assert "gzip off;" not in _texts(known, "proxy-buffering-hold")


def test_an_ignored_header_is_settled_by_no_buffering_and_says_the_other_way() -> None:
    made = _changes(case(resolution(PROXIED)), diagnosis("xab-ignored"))
    assert made[0].text == "proxy_buffering off;"
    assert "no longer ignoring" in made[0].reason


def test_a_cut_alone_changes_only_the_timeout() -> None:
    assert _texts(case(resolution(PROXIED)), "idle-read-timeout") == ["proxy_read_timeout 3600s;"]


def test_a_risk_beside_the_cause_is_mended_with_it() -> None:
    known = case(resolution(PROXIED, proxy_read_timeout="60s"))
    both = diagnosis("idle-read-timeout", risks=["proxy-buffering-hold"])
    assert [one.name for one in _changes(known, both)] == [
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
    known = case(resolution(PROXIED, proxy_read_timeout=timeout), result(gap))
    assert ("proxy_read_timeout 3600s;" in _texts(known, "proxy-buffering-hold")) == changes_it


def test_an_inherited_cache_is_switched_off_and_no_other() -> None:
    cached = case(resolution(PROXIED, proxy_cache="zone"))
    assert "proxy_cache off;" in _texts(cached, "proxy-buffering-hold")
    for none in ("off", ""):
        known = case(resolution(PROXIED, proxy_cache=none))
        assert "proxy_cache off;" not in _texts(known, "proxy-buffering-hold")


def test_a_backend_that_says_yes_is_overruled_and_ignored_headers_are_repeated() -> None:
    known = case(resolution(PROXIED, proxy_ignore_headers="Vary"), result(said="yes"))
    wanted = "proxy_ignore_headers Vary X-Accel-Buffering;"
    assert wanted in _texts(known, "proxy-buffering-hold")


@pytest.mark.parametrize("kind", ["fastcgi", "uwsgi", "scgi"])
def test_other_upstreams_get_their_own_directives(kind: str) -> None:
    text = SERVER % f"{kind}_pass b:9000;"
    made = recommend(case(resolution(text, kind=kind)), diagnosis("proxy-buffering-hold"))
    assert made
    assert f"{kind}_buffering off;" in made.block
    assert "proxy_" not in made.block


def test_the_recommender_names_no_failure_mode() -> None:
    ids = re.compile("|".join(rf"[\"']{id}[\"']" for id in rule_ids()))
    for file in Path(wizard.recommend.__file__).parent.glob("*.py"):
        assert not ids.findall(file.read_text()), file
