"""The Prometheus metrics, read by the official parser."""

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


def families_by_name(text: str) -> dict[str, Metric]:
    """Parse the metrics; return the families by their name without `ssewizard_`.

    Asserts that no family and no sample occurs twice.
    """
    assert text.endswith("\n")
    families = list(text_string_to_metric_families(text))
    named = {family.name.removeprefix("ssewizard_"): family for family in families}
    assert len(named) == len(families)
    for family in families:
        labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(set(labels)) == len(labels), family.name
    return named


def samples_of(text: str, name: str, **labels: str) -> list[Sample]:
    rows = families_by_name(text)[name].samples
    return [row for row in rows if labels.items() <= row.labels.items()]


def value_of(text: str, name: str, **labels: str) -> float:
    (row,) = samples_of(text, name, **labels)
    return float(row.value)


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def text(request: pytest.FixtureRequest) -> str:
    result: Result = request.param()
    return prometheus_report(result)


def test_each_metric_has_help_and_type_once_and_in_order(text: str) -> None:
    families = families_by_name(text)
    assert list(families) == [name for name in HELP if name in families]
    for name, family in families.items():
        assert family.type == "gauge"
        assert family.documentation == HELP[name]
        assert {row.name for row in family.samples} == {f"ssewizard_{name}"}


def test_each_check_has_one_status_and_each_probe_its_labels(text: str) -> None:
    statuses = [row.labels["check"] for row in samples_of(text, "check")]
    assert sorted(statuses) == sorted(set(statuses))
    assert "sse-proxy" in statuses
    for row in samples_of(text, "held"):
        assert set(row.labels) == {"target", "check", "url", "vantage", "hop", "http", "encoding"}
        assert row.value in (0, 1)


def test_names_and_units_follow_the_conventions() -> None:
    """Prometheus' linter requires base units, and forbids `_total` and `_count` on a gauge."""
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
    assert value_of(text, "healthy") == 0
    assert value_of(text, "verdict", verdict="fault") == 1
    assert value_of(text, "verdict", verdict="healthy") == 0
    assert value_of(text, "cause", id="proxy-buffering-hold", confidence="confirmed") == 1
    assert value_of(text, "check", check="sse-proxy", status="fail") == 1
    assert value_of(text, "held", check="sse-proxy", encoding="identity") == 1
    assert samples_of(text, "first_event_seconds", check="sse-proxy") == []
    assert value_of(text, "first_event_seconds", check="sse-direct", encoding="gzip") > 0
    assert value_of(text, "elapsed_seconds") == 2.0456


def test_a_healthy_result_has_no_cause_metric() -> None:
    text = prometheus_report(healthy())
    assert value_of(text, "healthy") == 1
    assert "cause" not in families_by_name(text)
    assert {row.value for row in samples_of(text, "held")} == {0}


def test_the_timestamp_keeps_fractions_of_a_second() -> None:
    result = healthy()
    later = replace(result, case=replace(result.case, started=1790000000.123456))
    assert value_of(prometheus_report(later), "run_timestamp_seconds") == 1790000000.1235


def test_unread_inputs_are_counted() -> None:
    result = healthy()
    logs = (
        LogReport("a", problem="a: cannot be read"),
        LogReport("b", read=3, problem="b: cut"),
    )
    case = replace(result.case, logs=logs, problems={"config": "nginx.conf: no"})
    assert value_of(prometheus_report(replace(result, case=case)), "unread_inputs") == 2
    assert value_of(prometheus_report(result), "unread_inputs") == 0


def test_a_request_that_was_not_made_has_no_metrics() -> None:
    """Neither one from an unreachable vantage nor one over HTTP/2 that was not negotiated."""
    result = healthy()
    probe = result.case.direct[0].timeline.probe
    unreached = Timeline(replace(probe, vantage="web"), ended="unreached", detail="web: no answer")
    answered = replace(result.case.direct[0].timeline, probe=replace(probe, http="2"), http="1.1")
    results = (result.case.direct[0], classify(unreached), classify(answered))
    case = replace(result.case, direct=results)
    assert [probe_result.outcome for probe_result in results] == [
        "live",
        "not-asked",
        "not-offered",
    ]
    text = prometheus_report(replace(result, case=case))
    for name in ("held", "events", "received_bytes", "headers_seconds"):
        (row,) = samples_of(text, name, check="sse-direct")
        assert (row.labels["vantage"], row.labels["http"]) == ("local", "1.1")


def test_an_unusable_vantage_has_the_value_0() -> None:
    result = healthy()
    capabilities = (
        Capabilities("web", "curl"),
        Capabilities("pod", problem="pod: no such command"),
    )
    text = prometheus_report(replace(result, case=replace(result.case, capabilities=capabilities)))
    assert value_of(text, "vantage_usable", vantage="web") == 1
    assert value_of(text, "vantage_usable", vantage="pod") == 0
    assert "vantage_usable" not in families_by_name(prometheus_report(result))


def test_there_are_no_control_characters_or_secrets() -> None:
    text = prometheus_report(hostile())
    assert text.replace("\n", "").isprintable()
    assert SECRET not in text


def test_urls_that_differ_only_in_a_secret_share_one_sample() -> None:
    result = healthy()
    (probe,) = {
        probe_result.timeline.probe
        for probe_result in result.case.direct
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
        for n, probe_result in enumerate((result.case.direct[0], held, result.case.direct[0]))
    )
    text = prometheus_report(replace(result, case=replace(result.case, direct=twins)))
    # That one of them is held must not be lost.
    assert value_of(text, "held", check="sse-direct") == 1


def test_the_order_is_stable() -> None:
    assert prometheus_report(fault()) == prometheus_report(fault())


def test_many_targets_are_one_family_each() -> None:
    both = [*samples("a", fault()), *samples("b", healthy())]
    text = exposition(both)
    assert [row.value for row in samples_of(text, "healthy")] == [0, 1]
    assert text.count("# TYPE ssewizard_healthy gauge\n") == 1


NAMES = st.text(st.one_of(st.characters(), st.sampled_from('\\"\n\r{}=,# \x00\x1b\u2028')))


@given(NAMES, NAMES)
def test_any_name_is_a_valid_label(name: str, url: str) -> None:
    result = inconclusive()
    first = result.case.proxy[0]
    timeline = replace(first.timeline, probe=replace(first.timeline.probe, url=url))
    case = Case(Target(url), proxy=(replace(first, timeline=timeline),))
    text = exposition(samples(name, replace(result, case=case)))
    shown = samples_of(text, "healthy")[0].labels["target"]
    assert shown == safe(name, 200)
    assert {row.labels["target"] for row in samples_of(text, "held")} == {shown}
    assert samples_of(text, "held")[0].labels["url"] == safe(url, 200)
