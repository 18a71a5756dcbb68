"""The metrics: what a real parser reads in them, whatever others wrote."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.report.results import SECRET, fault, healthy, hostile, inconclusive
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.log_report import LogReport
from wizard.model.target import Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Capabilities
from wizard.report import Result
from wizard.report.prometheus import HELP, exposition, prometheus_report, samples
from wizard.text.display import safe

MAKERS = [fault, healthy, inconclusive, hostile]


def read(text: str) -> dict[str, Metric]:
    """The families by name without `ssewizard_`; no family and no sample stands there twice."""
    assert text.endswith("\n")
    families = list(text_string_to_metric_families(text))
    named = {family.name.removeprefix("ssewizard_"): family for family in families}
    assert len(named) == len(families)
    for family in families:
        labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(set(labels)) == len(labels), family.name
    return named


def found(text: str, name: str, **labels: str) -> list[Sample]:
    rows = read(text)[name].samples
    return [row for row in rows if labels.items() <= row.labels.items()]


def value(text: str, name: str, **labels: str) -> float:
    (row,) = found(text, name, **labels)
    return float(row.value)


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def text(request: pytest.FixtureRequest) -> str:
    made: Result = request.param()
    return prometheus_report(made)


def test_each_metric_has_its_meaning_and_its_type_once_and_in_order(text: str) -> None:
    known = read(text)
    assert list(known) == [name for name in HELP if name in known]
    for name, family in known.items():
        assert family.type == "gauge"
        assert family.documentation == HELP[name]
        assert {row.name for row in family.samples} == {f"ssewizard_{name}"}


def test_each_check_has_one_status_and_each_leg_its_labels(text: str) -> None:
    statuses = [row.labels["check"] for row in found(text, "check")]
    assert sorted(statuses) == sorted(set(statuses))
    assert "sse-proxy" in statuses
    for row in found(text, "held"):
        assert set(row.labels) == {"target", "check", "url", "vantage", "hop", "http", "encoding"}
        assert row.value in (0, 1)


def test_names_and_units_follow_the_conventions() -> None:
    """The linter of Prometheus asks for base units, and no `_total` or `_count` on a gauge."""
    units = (
        "_milliseconds",
        "_ms",
        "_minutes",
        "_kilobytes",
        "_total",
        "_count",
        "_sum",
        "_bucket",
    )
    assert not [
        name for name in HELP if name.endswith(units) or not name.replace("_", "").isalpha()
    ]
    assert all(line.endswith(".") for line in HELP.values())


def test_a_fault_with_its_cause() -> None:
    text = prometheus_report(fault())
    assert value(text, "healthy") == 0
    assert value(text, "verdict", verdict="fault") == 1
    assert value(text, "verdict", verdict="healthy") == 0
    assert value(text, "cause", id="proxy-buffering-hold", confidence="confirmed") == 1
    assert value(text, "check", check="sse-proxy", status="fail") == 1
    assert value(text, "held", check="sse-proxy", encoding="identity") == 1
    assert found(text, "first_event_seconds", check="sse-proxy") == []
    assert value(text, "first_event_seconds", check="sse-direct", encoding="gzip") > 0
    assert value(text, "elapsed_seconds") == 2.0456


def test_healthy_has_no_cause() -> None:
    text = prometheus_report(healthy())
    assert value(text, "healthy") == 1
    assert "cause" not in read(text)
    assert {row.value for row in found(text, "held")} == {0}


def test_when_it_ran_is_exact_to_a_part_of_a_second() -> None:
    made = healthy()
    later = replace(made, case=replace(made.case, started=1790000000.123456))
    assert value(prometheus_report(later), "run_timestamp_seconds") == 1790000000.1235


def test_what_could_not_be_read_is_counted() -> None:
    made = healthy()
    logs = (LogReport("a", problem="a: cannot be read"), LogReport("b", read=3, problem="b: cut"))
    case = replace(made.case, logs=logs, problems={"config": "nginx.conf: no"})
    assert value(prometheus_report(replace(made, case=case)), "unread_inputs") == 2
    assert value(prometheus_report(made), "unread_inputs") == 0


def test_a_request_that_was_not_made_is_absent() -> None:
    """From a vantage that is down, or over HTTP/2 where there is none."""
    made = healthy()
    probe = made.case.direct[0].timeline.probe
    unreached = Timeline(replace(probe, vantage="web"), ended="unreached", detail="web: no answer")
    answered = replace(made.case.direct[0].timeline, probe=replace(probe, http="2"), http="1.1")
    results = (made.case.direct[0], classify(unreached), classify(answered))
    case = replace(made.case, direct=results)
    assert [probe_result.outcome for probe_result in results] == [
        "live",
        "not-asked",
        "not-offered",
    ]
    text = prometheus_report(replace(made, case=case))
    for name in ("held", "events", "received_bytes", "headers_seconds"):
        (row,) = found(text, name, check="sse-direct")
        assert (row.labels["vantage"], row.labels["http"]) == ("local", "1.1")


def test_a_vantage_that_cannot_be_used() -> None:
    made = healthy()
    known = (Capabilities("web", "curl"), Capabilities("pod", problem="pod: no such command"))
    text = prometheus_report(replace(made, case=replace(made.case, capabilities=known)))
    assert value(text, "vantage_usable", vantage="web") == 1
    assert value(text, "vantage_usable", vantage="pod") == 0
    assert "vantage_usable" not in read(prometheus_report(made))


def test_controls_and_secrets_are_harmless() -> None:
    text = prometheus_report(hostile())
    assert text.replace("\n", "").isprintable()
    assert SECRET not in text


def test_two_urls_that_differ_only_in_their_secret_stand_there_once() -> None:
    made = healthy()
    (probe,) = {
        probe_result.timeline.probe
        for probe_result in made.case.direct
        if probe_result.timeline.probe.encoding == "gzip"
    }
    held = fault().case.proxy[0]
    twins = tuple(
        replace(
            probe_result,
            timeline=replace(
                probe_result.timeline, probe=replace(probe, url=f"http://b/?token={n}")
            ),
        )
        for n, probe_result in enumerate((made.case.direct[0], held, made.case.direct[0]))
    )
    text = prometheus_report(replace(made, case=replace(made.case, direct=twins)))
    # That one of them is held must not be lost.
    assert value(text, "held", check="sse-direct") == 1


def test_the_same_comes_in_the_same_order() -> None:
    assert prometheus_report(fault()) == prometheus_report(fault())


def test_many_targets_are_one_family_each() -> None:
    both = [*samples("a", fault()), *samples("b", healthy())]
    text = exposition(both)
    assert [row.value for row in found(text, "healthy")] == [0, 1]
    assert text.count("# TYPE ssewizard_healthy gauge\n") == 1


NAMES = st.text(st.one_of(st.characters(), st.sampled_from('\\"\n\r{}=,# \x00\x1b\u2028')))


@given(NAMES, NAMES)
def test_any_name_can_stand_in_it(name: str, url: str) -> None:
    result = inconclusive()
    known = result.case.proxy[0]
    odd = replace(known.timeline, probe=replace(known.timeline.probe, url=url))
    case = Case(Target(url), proxy=(replace(known, timeline=odd),))
    text = exposition(samples(name, replace(result, case=case)))
    shown = found(text, "healthy")[0].labels["target"]
    assert shown == safe(name, 200)
    assert {row.labels["target"] for row in found(text, "held")} == {shown}
    assert found(text, "held")[0].labels["url"] == safe(url, 200)
