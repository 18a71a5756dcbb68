"""Follow-ups as rules read them."""

from wizard.diagnose.outcome import classify
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Evidence
from wizard.model.timeline import Timeline
from wizard.text.display import safe, summarize_body


def follow_ups(case: Case, purpose: str) -> tuple[FollowUpResult, ...]:
    """What was asked further for that purpose."""
    return tuple(one for one in case.follow_ups if one.purpose == purpose)


def follow_up_evidence(follow_up: FollowUpResult) -> Evidence:
    """One of them as evidence."""
    seen = classify(follow_up.timeline)
    text = f"{safe(follow_up.why, 300)}: {seen.outcome}: {seen.why}{said(follow_up.timeline)}"
    return Evidence("follow-up", follow_up.timeline.probe.label, text)


def said(line: Timeline) -> str:
    """What the answer's body says, where it is no stream."""
    body = summarize_body(line.excerpt.strip())
    return f" ({body})" if body else ""
