"""Print what is concluded about every rule's samples, in the language of the environment.

Run as a child process, since the language is chosen once for a process.
"""

import json
import sys
from typing import Any

from tests.rules.samples import WHICH, Which, sample
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
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
    return {
        f"{rule.id} {which}": _conclude(rule.id, which) for rule in all_rules() for which in WHICH
    }


def _conclude(id: str, which: Which) -> dict[str, Any]:
    case = sample(id, which)
    diagnosis = diagnose(case)
    recommendation = recommend(case, diagnosis)
    steps = {step: StepState(step, *result) for step, result in _rate(case).items()}
    findings = (*diagnosis.causes, *diagnosis.risks)
    return {
        "verdict": diagnosis.verdict,
        "findings": [[each.id, each.confidence, each.fix.where] for each in findings],
        "evidence": [[item.kind for item in each.evidence] for each in findings],
        "notes": len(diagnosis.notes),
        "steps": {step: state.state for step, state in steps.items()},
        "block": _directives(recommendation),
        "text": render(
            "text", case=case, diagnosis=diagnosis, recommendation=recommendation,
            steps=steps, elapsed_s=1.0,
        ),
    }  # fmt: skip


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
    json.dump(conclusions(), sys.stdout)
