"""What stays in the terminal after the wizard has left: the cause, and what to paste where."""

from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.model.diagnosis import Recommendation
from wizard.report import render
from wizard.report.text import apply_text
from wizard.text.display import safe, visible_block


def whole_report(investigation: Investigation) -> str:
    """The text report of all that has been found so far."""
    return render(
        "text",
        case=investigation.case,
        diagnosis=investigation.diagnosis or diagnose(investigation.case),
        recommendation=investigation.recommendation,
        steps=investigation.steps,
        elapsed_s=investigation.elapsed_s,
    )


def last_words(investigation: Investigation) -> str:
    """A few lines: the verdict, the block, how to apply it."""
    diagnosis, made = investigation.diagnosis, investigation.recommendation
    if diagnosis is None:
        done = [
            f"{one.id}: {one.state}, {one.why}" for one in investigation.steps.values() if one.why
        ]
        return "".join(f"{safe(line, 200)}\n" for line in done)
    words = [f"{diagnosis.verdict.upper()}  {safe(diagnosis.summary)}\n"]
    words += [f"  {cause.id} ({cause.confidence})\n" for cause in diagnosis.causes]
    if made is not None:
        where = f" at {safe(made.insert_at)}" if made.insert_at else ", to adapt"
        words += [f"\nRecommended{where}:\n\n{visible_block(made.block)}"]
        words += [_as_diff(made)] if made.diff is not None else []
    verify = investigation.steps["verify"]
    words += [f"\nVerify: {safe(verify.why)}\n"] if verify.why else []
    return "".join(words)


def _as_diff(made: Recommendation) -> str:
    return f"\nThe same as a diff:\n\n{visible_block(made.diff or '')}\n{apply_text(made)}"
