"""Interpret lines of our own requests by what these requests measured."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wizard.logs.formats import parse_line
from wizard.model.case import Case
from wizard.model.handshake import CLIENT_NAME
from wizard.model.log_report import HELD_TAGS, LogLine, LogReport
from wizard.model.probe_result import ProbeResult
from wizard.text.display import clauses
from wizard.text.messages import tr

_WELL = frozenset({"live", "ended", "silent"})
"""Outcomes of probes that received everything the backend sent."""
_LEFT_BY_US = _WELL | {"not-http", "undecodable"}
"""Outcomes of probes that were left before their answer ended; the others may have been held."""
_CLOSED = tr("the backend's request was aborted")


def with_outcomes(reports: Sequence[LogReport], case: Case) -> tuple[LogReport, ...]:
    """The reports, with lines of requests that we closed ourselves told apart from others.

    We close each probe and each session ourselves, also a healthy one, and a log may record that as
    it records a client that gave up.
    """
    results = {each.timeline.probe.label: each for each in (*case.direct, *case.hops, *case.proxy)}
    return tuple(
        replace(report, lines=tuple(_interpret(line, results) for line in report.lines))
        for report in reports
    )


def _interpret(line: LogLine, results: Mapping[str, ProbeResult]) -> LogLine:
    if line.tag == "canceled":
        return _canceled(line, results)
    result = results.get(line.client)
    if result is None or result.outcome not in _LEFT_BY_US or line.kind != "access":
        return line
    if line.tag not in HELD_TAGS and line.sign != "left":
        return line
    outcome = tr(
        "this was our own request: it was {outcome}, and we closed it", outcome=result.outcome_word
    )
    return replace(line, tag="", meaning=clauses((line.meaning, outcome)))


def _canceled(line: LogLine, results: Mapping[str, ProbeResult]) -> LogLine:
    """A line of the backend about an aborted request, which names at most its MCP client."""
    name = parse_line(line.text).client
    if name.startswith(CLIENT_NAME):
        meaning = tr("{closed}: this was our own MCP session, and we closed it", closed=_CLOSED)
        return replace(line, ours=True, meaning=meaning)
    if name:
        meaning = tr("{closed}: another client left or lost its connection", closed=_CLOSED)
        return replace(line, ours=False, meaning=meaning)
    outcomes = {result.outcome for result in results.values() if result.was_made}
    if not outcomes or not outcomes <= _WELL:
        return line
    why = tr("as happens when we close our own requests; none of them was held")
    return replace(line, meaning=f"{_CLOSED}, {why}")
