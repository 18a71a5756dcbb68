"""The text that stays in the terminal after the wizard was left, and the full report."""

from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.model.diagnosis import CONFIDENCE_WORDS, Recommendation
from wizard.model.steps import STATE_WORDS
from wizard.report import Result, render
from wizard.report.proof import current_diagnosis
from wizard.report.text import apply_text, proof_text, wrap
from wizard.text.display import safe, visible_block
from wizard.text.marks import MARKS
from wizard.text.messages import tr


def full_report(investigation: Investigation, format: str = "text") -> str:
    """Return the report of all results so far."""
    report = render(
        format,
        case=investigation.case,
        diagnosis=investigation.diagnosis or diagnose(investigation.case),
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=investigation.elapsed_s,
    )
    return MARKS.redact_known(report)


def exit_text(investigation: Investigation) -> str:
    """Return a few lines: the verdict, the block and how to apply it; or the steps so far."""
    diagnosis, verify = investigation.diagnosis, investigation.steps["verify"]
    if diagnosis is None:
        states = [
            f"{s.id}: {STATE_WORDS[s.state]}, {s.why}"
            for s in investigation.steps.values()
            if s.why
        ]
        return "".join(f"{safe(line, 200)}\n" for line in states)
    case = investigation.case
    current = current_diagnosis(case, diagnosis)
    result = Result(case, current, investigation.recommendation, investigation.steps, 0.0)
    word, sentence = result.headline
    parts = [wrap(f"{word}  {sentence}", "", "  ")]
    parts += [
        f"  {safe(cause.id, 80)} ({CONFIDENCE_WORDS[cause.confidence]})\n"
        for cause in result.causes
    ]
    if investigation.recommendation is not None and not case.is_fixed:
        parts.append(_recommendation_text(investigation.recommendation))
    if case.proof is not None:
        parts.append(f"\n{proof_text(case)}")
    elif verify.why:
        parts.append(f"\n{tr('Verify: {why}', why=safe(verify.why))}\n")
    return MARKS.redact_known("".join(parts))


def _recommendation_text(recommendation: Recommendation) -> str:
    text = f"\n{tr('Recommended:')}\n\n{visible_block(recommendation.dedented.block)}"
    if recommendation.diff is None:
        return text
    diff = visible_block(recommendation.diff)
    return f"{text}\n{tr('As a diff:')}\n\n{diff}\n{apply_text(recommendation)}"
