"""Predictions beside outcomes: which of them contradict each other, and what is then named."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.streams import could_be_held, predicted_results
from wizard.diagnose.outcome import classify
from wizard.diagnose.predictions import predict
from wizard.model.case import Case
from wizard.model.probe_result import Outcome

OLD, NEW = "1.22.1", "1.31.3"
OFF = "proxy_buffering off;"
LUA = "body_filter_by_lua_block { ngx.arg[1] = change(ngx.arg[1]) }"
CONF = "server {{ listen 8081; location / {{ {} proxy_pass http://127.0.0.1:12213; }} }}"


def case_of(directives: str, version: str, outcome: Outcome) -> Case:
    """A case whose backend is live, chunked over HTTP/1.1, and whose proxied probes have this
    outcome."""
    proxy = outcome if outcome in ("live", "held") else "live"
    case = make_case(proxy=proxy, direct="live", conf=CONF.format(directives), version=version)
    return replace(case, proxy=tuple(replace(result, outcome=outcome) for result in case.proxy))


@pytest.mark.parametrize(
    ("directives", "version", "expected"),
    [
        ("", OLD, {"held", "tail-held"}),  # a few backends send chunks even to HTTP/1.0
        ("", NEW, {"tail-held"}),
        (OFF, OLD, {"live"}),
        ("coraza on;", NEW, {"undecided"}),
        (LUA, NEW, {"held", "tail-held", "undecided"}),
        (LUA + OFF, NEW, {"live", "undecided"}),
        ("limit_rate 20;", NEW, {"tail-held", "undecided"}),
        ("limit_rate 20;" + OFF, NEW, {"live"}),
        ("access_by_lua_block { check() }" + OFF, NEW, {"undecided"}),
        ("proxy_http_version 2;", NEW, {"live"}),
    ],
)
def test_the_predictions_of_a_probe(directives: str, version: str, expected: set[str]) -> None:
    case = case_of(directives, version, "live")
    assert {predicted_results(case, result) for result in case.proxy} == {frozenset(expected)}


@pytest.mark.parametrize(
    ("directives", "version", "outcome", "contradicts"),
    [
        ("", OLD, "live", False),
        ("", NEW, "live", False),
        ("proxy_http_version 1.1; gzip on; gzip_types *;", NEW, "live", True),  # with gzip
        ("proxy_http_version 1.1; gzip on; gzip_types *;", NEW, "ended", False),
        ("", NEW, "held", True),
        ("", NEW, "tail-held", False),
        ("", NEW, "bursts", False),
        (OFF, NEW, "held", True),
        (OFF, NEW, "tail-held", True),
        (OFF, NEW, "live", False),
        ("coraza on;", NEW, "live", False),
        ("coraza on;" + OFF, NEW, "held", False),
        (LUA + OFF, NEW, "held", False),
        (LUA, NEW, "live", False),
        ("limit_rate 20;", NEW, "held", False),
    ],
)
def test_which_outcome_contradicts_the_config(
    directives: str, version: str, outcome: Outcome, contradicts: bool
) -> None:
    notes = diagnose(case_of(directives, version, outcome)).notes
    assert any("the config predicts" in note for note in notes) == contradicts


@pytest.mark.parametrize(
    ("directives", "version", "outcome", "explained"),
    [
        ("", OLD, "held", True),
        ("", OLD, "tail-held", True),
        ("", NEW, "tail-held", True),
        ("", NEW, "bursts", True),
        ("", NEW, "held", False),
        (OFF, NEW, "tail-held", False),
        ("coraza on;", OLD, "held", True),  # buffering alone holds it
        ("coraza on;", NEW, "tail-held", True),
        ("coraza on;" + OFF, OLD, "held", False),
    ],
)
def test_which_hold_the_config_explains(
    directives: str, version: str, outcome: Outcome, explained: bool
) -> None:
    case = case_of(directives, version, outcome)
    assert {could_be_held(case, result) for result in case.proxy} == {explained}


@pytest.mark.parametrize(
    ("directives", "verdict"),
    [
        ("", "inconclusive"),
        ("coraza on;" + OFF, "fault"),  # response-filter
        (LUA + OFF, "inconclusive"),
        ("limit_rate 20;", "inconclusive"),
    ],
)
def test_no_outer_proxy_is_accused_where_this_nginx_may_hold_the_stream(
    directives: str, verdict: str
) -> None:
    diagnosis = diagnose(case_of(directives, NEW, "held"))
    assert "outer-proxy-buffers" not in [cause.id for cause in diagnosis.causes]
    assert diagnosis.verdict == verdict


def case_beside(direct: str, outcome: Outcome = "live") -> Case:
    """The config passes to 127.0.0.1:12213; this direct URL's backend asks not to be buffered."""
    case = make_case(
        proxy="live" if outcome == "live" else "held",
        direct="live",
        direct_headers={"x-accel-buffering": "no"},
        conf=CONF.format("gzip on; gzip_types *;"),
        version=OLD,
    )
    timelines = (result.timeline for result in case.direct)
    moved = (replace(each, probe=replace(each.probe, url=direct)) for each in timelines)
    case = replace(case, direct=tuple(map(classify, moved)))
    return replace(case, predictions=predict(case, (r.timeline.probe for r in case.proxy)))


@pytest.mark.parametrize(
    ("direct", "counts"),
    [
        ("http://127.0.0.1:12213/sse", True),
        ("http://bot:12213/sse", True),  # a name may stand for any address
        ("http://127.0.0.1:9000/sse", False),
        ("http://10.0.0.7:12213/sse", False),
    ],
)
def test_the_header_of_another_backend_does_not_count(direct: str, counts: bool) -> None:
    case = case_beside(direct)
    expected = frozenset().union(*(predicted_results(case, result) for result in case.proxy))
    assert (expected == {"live"}) is counts
    notes = [note for note in diagnose(case).notes if "the config predicts" in note]
    assert bool(notes) is not counts
    assert all("does the backend send X-Accel-Buffering: no?" in note for note in notes)


def test_a_hold_is_not_cleared_by_the_header_of_another_backend() -> None:
    """The header at another backend neither clears buffering of the hold nor shows it ignored."""
    causes = diagnose(case_beside("http://127.0.0.1:9000/sse", "held")).causes
    assert [(each.id, each.confidence) for each in causes] == [("proxy-buffering-hold", "possible")]
