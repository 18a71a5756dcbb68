"""Further requests, as rules read them and as their samples make them."""

from dataclasses import replace

from wizard.diagnose.outcome import classify
from wizard.model.case import Case, FollowUpResult, ProbeResult
from wizard.model.diagnosis import Evidence
from wizard.model.events import SseEvent
from wizard.model.timeline import Probe, Timeline
from wizard.text.display import safe, summarize_body

Headers = tuple[tuple[str, str], ...]
_STREAM: Headers = (("content-type", "text/event-stream"),)


def follow_ups(case: Case, purpose: str) -> tuple[FollowUpResult, ...]:
    """What was asked further for that purpose."""
    return tuple(one for one in case.follow_ups if one.purpose == purpose)


def follow_up_evidence(follow_up: FollowUpResult) -> Evidence:
    """One of them as evidence."""
    seen = classify(follow_up.line)
    text = f"{safe(follow_up.why, 300)}: {seen.outcome}: {seen.why}{said(follow_up.line)}"
    return Evidence("follow-up", follow_up.line.probe.label, text)


def said(line: Timeline) -> str:
    """What the answer's body says, where it is no stream."""
    body = summarize_body(line.excerpt.strip())
    return f" ({body})" if body else ""


def asked(purpose: str, status: int, *, side: str = "direct", body: str = "") -> FollowUpResult:
    """A sample: one that was answered so; a 200 is a live stream, 0 is silence."""
    probe = Probe(f"replay-{side}", "http://127.0.0.1/sse")
    line = Timeline(probe, connect_s=0.001, waited_s=2.0, ended="open")
    if status == 200:
        line = replace(line, headers=_STREAM, first_data_s=0.004, events=1)
    if status:
        line = replace(line, status=status, http="1.1", headers_s=0.003, excerpt=body)
    return FollowUpResult(purpose, line, "asked once more")


def answering(case: Case, headers: Headers = (), body: str = "") -> Case:
    """A sample whose proxied answers, and direct ones of that status, hold these."""

    def told(result: ProbeResult) -> ProbeResult:
        line = result.timeline
        return classify(replace(line, headers=(*line.headers, *headers), excerpt=body))

    status = case.proxy[0].timeline.status
    return replace(
        case,
        proxy=tuple(map(told, case.proxy)),
        direct=tuple(told(c) if c.timeline.status == status else c for c in case.direct),
    )


def naming(line: Timeline, endpoint: str) -> Timeline:
    """A sample of a stream whose first event names that endpoint."""
    return replace(line, tail=(SseEvent(0.006, "endpoint", endpoint, ""),))
