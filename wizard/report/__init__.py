"""The result as text, JSON, Markdown, HTML, JUnit XML and Prometheus metrics, from one value."""

from collections.abc import Mapping

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.steps import StepId, StepState
from wizard.report.html import html_report
from wizard.report.json import json_report
from wizard.report.junit import junit_report
from wizard.report.markdown import markdown_report
from wizard.report.prometheus import prometheus_report
from wizard.report.proof import current_diagnosis
from wizard.report.result import Result
from wizard.report.text import text_report

__all__ = ["Result", "render"]


def render(
    format: str,
    *,
    case: Case,
    diagnosis: Diagnosis,
    recommendation: Recommendation | None,
    steps: Mapping[StepId, StepState],
    elapsed_s: float,
    color: bool = False,
) -> str:
    """Return the report as `text`, `json`, `markdown`, `html`, `junit` or `prometheus`.

    It ends with a newline. `color` allows ANSI colours in the text form.
    """
    current = current_diagnosis(case, diagnosis)
    # What was done about it is in the config now; to recommend it again would contradict that.
    is_done = case.is_fixed and bool(case.config_changes)
    result = Result(case, current, None if is_done else recommendation, steps, elapsed_s)
    if format == "json":
        return json_report(result)
    if format == "markdown":
        return markdown_report(result)
    if format == "html":
        return html_report(result)
    if format == "junit":
        return junit_report(result)
    if format == "prometheus":
        return prometheus_report(result)
    return text_report(result, color=color)
