"""Of a backend that has no URL nothing asks for one, and what tells instead is named."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.placeholders import fill_places
from wizard.diagnose.without_direct import describe_missing_direct, patience_s
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix
from wizard.model.target import Source

_PROTOCOLS = ("fastcgi", "uwsgi", "scgi")


def _case(module: str = "proxy", settings: str = "") -> Case:
    address = "http://127.0.0.1:12213" if module == "proxy" else "127.0.0.1:12213"
    conf = f"server {{ listen 8081; location / {{ {module}_pass {address}; {settings} }} }}"
    case = make_case(proxy="held", direct="live", conf=conf)
    return replace(case, target=replace(case.target, direct=()), direct=())


def _filled(case: Case) -> str:
    text = "{add_conf}. {add_direct}. {tell_silent}."
    finding = Finding("xab-ignored", "", "possible", (), Fix("", "nginx"), text)
    return fill_places(finding, case, has_useless_config=False).distinguishes


@pytest.mark.parametrize("module", _PROTOCOLS)
def test_no_direct_url_is_asked_for_where_the_backend_has_none(module: str) -> None:
    assert "--direct" not in _filled(_case(module))
    assert "backend has no URL" in _filled(_case(module))
    with_url = _case(module)
    with_url = replace(with_url, target=replace(with_url.target, direct=(Source("http://h/"),)))
    for case in (_case(), with_url):
        assert _filled(case) == (
            "add --conf. add --direct. add --direct to tell it from a silent backend."
        )


@pytest.mark.parametrize("module", _PROTOCOLS)
def test_a_held_stream_of_such_a_backend(module: str) -> None:
    diagnosis = diagnose(_case(module))
    [cause] = [each for each in diagnosis.causes if each.id == "proxy-buffering-hold"]
    assert cause.confidence == "possible"
    assert "$upstream_header_time tells, and so does --patience 65" in cause.distinguishes
    assert not any("No direct URL" in note for note in diagnosis.notes)


@pytest.mark.parametrize(
    ("settings", "wait_s"),
    [
        ("", 65.0),
        ("proxy_read_timeout 2m;", 125.0),
        ("proxy_read_timeout 1h;", None),
        # The probes of the sample were watched for two seconds.
        ("proxy_read_timeout 1s;", None),
    ],
)
def test_how_long_to_watch_follows_the_read_timeout(settings: str, wait_s: float | None) -> None:
    case = _case(settings=settings)
    assert patience_s(case) == wait_s
    [note] = describe_missing_direct(case)
    assert (f"--patience {wait_s:.0f}" in note) if wait_s else "--patience" not in note


def test_nothing_is_to_be_watched_where_it_is_known_or_may_not_be_repeated() -> None:
    case = _case()
    posted = replace(case, target=replace(case.target, method="POST", body=b"{}"))
    assert patience_s(posted) is None
    assert patience_s(make_case(proxy="held", direct="live", settings={})) is None
    assert patience_s(make_case(proxy="live", direct="live", settings={})) is None
