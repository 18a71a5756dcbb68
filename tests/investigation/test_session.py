"""The evidence of a session: when a snapshot is made, and what a changed target drops."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from wizard.diagnose.outcome import classify
from wizard.investigation.investigation import Investigation
from wizard.investigation.session import Session
from wizard.model.case import FollowUpResult
from wizard.model.events import Connected
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import StepId
from wizard.model.target import Hop, Source, Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Vantage

TARGET = Target("http://h/sse", direct=(Source("http://b/sse"),), conf=Source("nginx.conf"))
PROXIED, DIRECT = Probe("sse-proxy", TARGET.url), Probe("sse-direct", "http://b/sse")


@pytest.fixture
def classified(monkeypatch: pytest.MonkeyPatch) -> list[Probe]:
    """The probes that were classified, in order."""
    probes: list[Probe] = []

    def counted(line: Timeline, direct: Sequence[Timeline] = ()) -> ProbeResult:
        probes.append(line.probe)
        return classify(line, direct)

    monkeypatch.setattr("wizard.investigation.session.classify", counted)
    return probes


def session_with_probes() -> Session:
    session = Session(TARGET, time.monotonic)
    session.timelines.update({probe: Timeline(probe) for probe in (PROXIED, DIRECT)})
    return session


def test_reading_the_case_twice_classifies_once(classified: list[Probe]) -> None:
    session = session_with_probes()
    case = session.snapshot()
    assert classified == [PROXIED, DIRECT]
    assert session.snapshot() is case
    assert classified == [PROXIED, DIRECT]


def test_an_investigation_reads_its_case_without_new_work(classified: list[Probe]) -> None:
    investigation = Investigation(replace(TARGET, mcp="never"))
    investigation._session.timelines[PROXIED] = Timeline(PROXIED)
    assert investigation.case is investigation.case
    assert investigation.elapsed_s >= 0
    assert classified == [PROXIED]


def test_a_probe_event_makes_a_new_snapshot(classified: list[Probe]) -> None:
    session = session_with_probes()
    before = session.snapshot()
    session.timelines[PROXIED] = session.timelines[PROXIED].fold([Connected(0.1)])
    after = session.snapshot()
    assert (before.proxy[0].timeline.connect_s, after.proxy[0].timeline.connect_s) == (None, 0.1)
    assert len(classified) == 4


def test_a_step_that_begins_makes_a_new_snapshot() -> None:
    session = session_with_probes()
    assert session.snapshot().unfinished == ()
    session.begin("logs")
    assert session.snapshot().unfinished == ("logs",)
    session.end("logs", "a.log: cannot be read")
    assert session.snapshot().unfinished == ()
    assert session.snapshot().problems == {"logs": "a.log: cannot be read"}


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        (replace(TARGET, direct=(Source("http://c/sse"),)), ["direct"]),
        (replace(TARGET, conf=None), ["config"]),
        # The config was resolved for the request as another hop receives it.
        (replace(TARGET, hops=(Hop("edge", Source("http://e/sse")),)), ["proxy", "config"]),
        (replace(TARGET, vantages=(Vantage("web", ("ssh", "web")),)), []),
        (replace(TARGET, url="http://i/sse"), ["root", "proxy", "direct", "config"]),
        (replace(TARGET, style="f5"), []),
    ],
)
def test_a_changed_target_names_the_steps_to_run_again(
    changed: Target, stale: list[StepId]
) -> None:
    assert Session(TARGET, time.monotonic).amend(changed) == stale


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        (replace(TARGET, conf=Source("other.conf")), ["again"]),
        (replace(TARGET, direct=(Source("http://c/sse"),)), ["again"]),
        (replace(TARGET, style="f5"), ["again", "as-sent"]),
    ],
    ids=["config", "direct URL", "style"],
)
def test_requests_as_another_config_passes_them_on_are_dropped(
    changed: Target, kept: list[str]
) -> None:
    session = Session(TARGET, time.monotonic)
    session.add_follow_ups(
        FollowUpResult("again", Timeline(DIRECT), "once more"),
        FollowUpResult("as-sent", Timeline(DIRECT), "as Nginx passes it on", likeness="alike"),
    )
    session.amend(changed)
    assert [each.purpose for each in session.snapshot().follow_ups] == kept
