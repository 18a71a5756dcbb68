"""Each step's result in a word, for the step list; and the verdict, for the header."""

import time
from collections import Counter
from collections.abc import Mapping

from screens.widgets.header import Chip
from wizard.diagnose.outcome import is_well
from wizard.investigation.investigation import Investigation
from wizard.investigation.step_results import FAULT_TAGS
from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, Diagnosis
from wizard.model.handshake import Handshake
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import StepId
from wizard.model.timeline import Timeline
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

_OUTCOME_WORDS = {
    "held": tr("held"), "events-held": tr("held"), "headers-held": tr("held"),
    "tail-held": tr("held"),
    "not-a-stream": tr("no stream"), "no-event": tr("no event"), "not-asked": tr("not asked"),
}  # fmt: skip
"""Shorter words for some outcomes; any other is its own word."""


def result_words(investigation: Investigation) -> Mapping[StepId, str]:
    """Each step's result in at most ten columns; none for a step that has not run."""
    ran = (step for step, s in investigation.steps.items() if s.state in ("pass", "warn", "fail"))
    return {step: _word(step, investigation) for step in ran}


_FIXED_WORDS: Mapping[StepId, str] = {
    "proxy": tr("fixed"), "cause": tr("fixed"), "fix": tr("done"), "verify": tr("fixed"),
}  # fmt: skip
"""The words of steps whose result a proven fix has changed."""


def _word(step: StepId, investigation: Investigation) -> str:
    case, diagnosis = investigation.case, investigation.diagnosis
    if case.is_fixed and step in _FIXED_WORDS:
        return _FIXED_WORDS[step]
    match step:
        case "root":
            return _root_word(case.root)
        case "proxy":
            return _proxy_word(investigation)
        case "direct":
            return _stream_word(case.direct, case.handshake("direct"))
        case "logs":
            return _log_word(case)
        case "config":
            location = case.resolution.location if case.resolution else None
            return f":{location.directive.where.line}" if location else ""
        case "cause":
            return _cause_word(diagnosis)
        case "fix":
            return tr("ready") if investigation.recommendation else tr("none")
        case "verify":
            return _verify_word(investigation)


def _proxy_word(investigation: Investigation) -> str:
    case = investigation.case
    if investigation.steps["verify"].state == "running" and case.before:
        return _stream_word(case.before, None)  # those of now are the requests of step 8
    return _stream_word(case.proxy, case.handshake("proxy"))


def _cause_word(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None or not diagnosis.causes:
        return tr("none")
    return CONFIDENCE_WORDS[diagnosis.causes[0].confidence]


def _root_word(root: Timeline | None) -> str:
    if root is None or root.headers_s is None:
        return tr("no answer")
    return seconds(root.headers_s) if root.status == 200 else f"HTTP {root.status}"


def _stream_word(results: tuple[ProbeResult, ...], handshake: Handshake | None) -> str:
    """The outcome of the first probe that is not well, else when the first data came."""
    made = [result for result in results if result.was_made]
    bad = next((result for result in made if not is_well(result, handshake)), None)
    if bad is not None:
        return _OUTCOME_WORDS.get(bad.outcome, safe(bad.outcome_label))
    times = [at for result in made if (at := result.timeline.first_data_s) is not None]
    return seconds(min(times)) if times else ""


def _log_word(case: Case) -> str:
    """The most frequent status of our own lines with a fault: `499 ×2`."""
    lines = [line for log in case.logs for line in log.lines if line.ours]
    tags = [line.tag for line in lines if line.tag in FAULT_TAGS]
    if not tags:
        return ""
    tag, count = Counter(tags).most_common(1)[0]
    status = tag.rpartition("-")[2]
    if case.is_fixed:
        return tr("{status} before", status=status) if status.isdigit() else tr("before")
    return f"{status} ×{count}" if status.isdigit() else f"×{count}"


def _verify_word(investigation: Investigation) -> str:
    return tr("live") if investigation.steps["verify"].state == "pass" else tr("not yet")


def chip(investigation: Investigation) -> Chip:
    """The verdict so far; none before the cause was looked for."""
    diagnosis, case = investigation.diagnosis, investigation.case
    if case.is_fixed and case.proof and case.baseline:
        at = time.strftime("%H:%M", time.localtime(case.proof.at))
        return Chip("ok", tr("FIXED {at}", at=at), _title(case.baseline.diagnosis))
    if diagnosis is None:
        return Chip()
    return _CHIPS[diagnosis.verdict](diagnosis)


def _fault(diagnosis: Diagnosis) -> Chip:
    return Chip("fault", tr("FAULT"), _title(diagnosis))


def _title(diagnosis: Diagnosis | None) -> str:
    return safe(diagnosis.causes[0].title, 60) if diagnosis and diagnosis.causes else ""


_CHIPS = {
    "healthy": lambda diagnosis: Chip("ok", tr("HEALTHY"), ""),
    "inconclusive": lambda diagnosis: Chip("look", tr("INCONCLUSIVE"), ""),
    "fault": _fault,
}
