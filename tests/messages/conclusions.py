"""Print what is concluded about every rule's samples, in the language of the environment.

Run as a child process, since the language is chosen once for a process. With `save`, it prints the
samples as case files instead; with `open`, it concludes from case files on standard input.
"""

import json
import re
import sys
from typing import Any

from tests.rules.samples import WHICH, sample
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.investigation.step_results import (
    StepResult,
    rate_direct,
    rate_logs,
    rate_proxied,
    rate_resolution,
    rate_root,
)
from wizard.model.case import Case
from wizard.model.diagnosis import Recommendation
from wizard.model.steps import StepId, StepState
from wizard.recommend import recommend
from wizard.report import render


def conclusions() -> dict[str, Any]:
    """By sample: what has to be the same in every language, and the report for a terminal."""
    return {name: _conclude(case) for name, case in _samples().items()}


def case_files() -> dict[str, str]:
    """By sample: its case file."""
    return {name: dump(CaseRecord(case, saved=1.0)) for name, case in _samples().items()}


def conclusions_from(files: dict[str, str]) -> dict[str, Any]:
    """What is concluded from these case files."""
    return {name: _conclude(load(text, name).case) for name, text in files.items()}


def _samples() -> dict[str, Case]:
    return {f"{rule.id} {which}": sample(rule.id, which) for rule in all_rules() for which in WHICH}


def _conclude(case: Case) -> dict[str, Any]:
    diagnosis = diagnose(case)
    recommendation = recommend(case, diagnosis)
    steps = {step: StepState(step, *result) for step, result in _rate(case).items()}
    findings = (*diagnosis.causes, *diagnosis.risks)
    given: Any = {
        "case": case, "diagnosis": diagnosis, "recommendation": recommendation, "steps": steps,
        "elapsed_s": 1.0,
    }  # fmt: skip
    return {
        "verdict": diagnosis.verdict,
        "findings": [[each.id, each.confidence, each.fix.where] for each in findings],
        "evidence": [[item.kind for item in each.evidence] for each in findings],
        "notes": len(diagnosis.notes),
        "steps": {step: state.state for step, state in steps.items()},
        "block": _directives(recommendation),
        "json": _without_texts(json.loads(render("json", **given))),
        "junit": re.findall(r'<\w+|\bname="[^"]*"', render("junit", **given)),
        "prometheus": render("prometheus", **given),
        "text": render("text", **given),
    }


_TEXTS = frozenset({
    "summary", "title", "distinguishes", "text", "why", "notes", "adapt", "reason", "problem",
    "meaning", "request", "detail", "omitted", "block", "diff", "purpose_text", "clock", "lines",
    "ruled_out",
})  # fmt: skip
"""The keys of the JSON report whose values people read."""


def _without_texts(value: Any) -> Any:
    """The value without what is worded: keys, ids and numbers are the same in every language."""
    if isinstance(value, list):
        return [_without_texts(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_texts(item) for key, item in value.items() if key not in _TEXTS}
    return value


def _rate(case: Case) -> dict[StepId, StepResult]:
    results: dict[StepId, StepResult] = {
        "proxy": rate_proxied(case), "direct": rate_direct(case), "logs": rate_logs(case.logs),
    }  # fmt: skip
    if case.root is not None:
        results["root"] = rate_root(case.root)
    if case.resolution is not None:
        results["config"] = rate_resolution(case.resolution)
    return results


def _directives(recommendation: Recommendation | None) -> list[str]:
    """The lines of the block without their comments."""
    lines = recommendation.block.splitlines() if recommendation else []
    return [code for line in lines if (code := line.partition("#")[0].rstrip())]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["save"]:
            result = case_files()
        case ["open"]:
            result = conclusions_from(json.load(sys.stdin))
        case _:
            result = conclusions()
    json.dump(result, sys.stdout)
