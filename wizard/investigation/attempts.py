"""The runs that a case keeps: the one before the reload, and all older ones."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal, TypedDict

from wizard.diagnose.diagnose import diagnose
from wizard.investigation.step_results import FAULT_TAGS
from wizard.model.attempt import Attempt, ConfigChange, Proof
from wizard.model.case import Case
from wizard.model.config import Config
from wizard.model.probe_result import ProbeResult
from wizard.text.config_redaction import has_secrets, redact_config
from wizard.text.marks import MARKS
from wizard.text.redaction import redact

MAX_ATTEMPTS = 8
"""How many older runs a case keeps: the first, and the newest."""
MAX_CHANGES = 40
"""How many changed lines of the config a case keeps."""
MAX_COMPARED = 2000
"""How many lines after the first difference are compared."""
MAX_LINE_CHARS = 200
"""How much of a changed line a case keeps."""


class Kept(TypedDict, total=False):
    """The fields of a case that hold older runs."""

    baseline: Attempt | None
    attempts: tuple[Attempt, ...]
    proof: Proof | None
    config_changed: bool | None
    config_changes: tuple[ConfigChange, ...]


def attempt_of(case: Case) -> Attempt:
    """The newest run of a case, with what is concluded from it now."""
    diagnosis = diagnose(case)
    measured = Attempt(diagnosis=diagnose(replace(case, logs=()))).causes
    lines = [line for log in case.logs for line in log.lines]
    attempt = Attempt(
        case.measured_from or case.started,
        case.measured_until,
        tuple(map(_without_texts, case.proxy)),
        case.handshakes,
        diagnosis,
        log_faults=sum(line.ours and line.tag in FAULT_TAGS for line in lines),
    )
    return replace(attempt, log_causes=tuple(id for id in attempt.causes if id not in measured))


def _without_texts(result: ProbeResult) -> ProbeResult:
    """The probe without the events that it had: their times and number stay."""
    return replace(result, timeline=replace(result.timeline, tail=()))


def is_newest_run(case: Case, attempt: Attempt | None) -> bool:
    """True if this is what the probes of the case show: none were made since."""
    return attempt is not None and attempt.started == (case.measured_from or case.started)


def keep_attempt(case: Case) -> Kept:
    """The fields with which the newest run is kept before the fix is verified.

    It is the run to compare with, unless there is one: a second verification is compared with the
    same run as the first.
    """
    if not case.proxy:
        return {}
    if case.baseline is None:
        return {"baseline": attempt_of(case)}
    if is_newest_run(case, case.baseline):
        return {}
    return {"attempts": _bounded((*case.attempts, attempt_of(case)))}


def discard_proof(case: Case) -> Kept:
    """The fields with which all begins again: what was compared and proven is an older run."""
    runs = (case.baseline, attempt_of(case) if case.proxy else None)
    kept = _bounded((*case.attempts, *filter(None, runs)))
    return {
        "baseline": None,
        "attempts": tuple(sorted(kept, key=lambda run: run.started)),
        "proof": None,
        "config_changed": None,
        "config_changes": (),
    }


def _bounded(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    if len(attempts) <= MAX_ATTEMPTS:
        return attempts
    return (attempts[0], *attempts[1 - MAX_ATTEMPTS :])


def config_changes(before: Config, after: Config) -> tuple[ConfigChange, ...]:
    """The first lines in which two configs differ, without secrets and empty lines."""
    names = sorted({*before.texts, *after.texts})
    changes = (
        change
        for name in names
        if before.texts.get(name) != after.texts.get(name)
        for change in _changes_of(name, before.texts.get(name, ""), after.texts.get(name, ""))
    )
    return tuple(islice(changes, MAX_CHANGES))


def _changes_of(name: str, before: str, after: str) -> Iterator[ConfigChange]:
    old, new = _lines(before), _lines(after)
    # A long config is the same at the beginning: what is compared line by line is short.
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    start = min(len(old), len(new)) if start is None else start
    old, new = old[start : start + MAX_COMPARED], new[start : start + MAX_COMPARED]
    for tag, *ranges in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            old_from, old_to, new_from, new_to = ranges
            yield from _changed_lines("-", name, old, start, range(old_from, old_to))
            yield from _changed_lines("+", name, new, start, range(new_from, new_to))


def _changed_lines(
    sign: Literal["+", "-"], name: str, lines: list[str], start: int, at: range
) -> Iterator[ConfigChange]:
    for index in at:
        if text := lines[index].strip():
            yield ConfigChange(sign, f"{name}:{start + index + 1}", text[:MAX_LINE_CHARS])


def _lines(text: str) -> list[str]:
    shown = redact_config(text, redact, MARKS.mark) if has_secrets(text) else redact(text)
    return shown.split("\n")
