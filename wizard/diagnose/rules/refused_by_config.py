"""A line of Nginx's config refuses the request, whose path it would pass to the backend."""

from collections.abc import Iterator

from wizard.diagnose.facts import posts, streams
from wizard.diagnose.facts.evidence import live_direct_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.bypassed import bypassed_location
from wizard.text.display import safe
from wizard.text.messages import tr

NO_ANSWER = 444
"""`return 444` closes the connection without an answer (ngx_http_rewrite_module)."""
_DISTINGUISHES = tr(
    "The path is passed to the backend and the backend accepts the request, so it is neither a "
    "missing location nor the backend: a line of the config answers before."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """The answer is the one that a line of the config gives to a request for a proxied path."""
    for resolution, status, evidence in _refused(case):
        location = bypassed_location(resolution)
        answer = resolution.answer
        if location is None or answer is None or answer.status != status:
            continue
        evidence = (*evidence, _line_evidence(resolution, answer.directive, location))
        return rule.finding("confirmed", evidence, _DISTINGUISHES, fix=_fix(resolution))
    return None


_Refused = tuple[RequestResolution, int, tuple[Evidence, ...]]


def _refused(case: Case) -> Iterator[_Refused]:
    """What was refused although the backend accepts it: the stream, or a message."""
    if case.resolution is not None and streams.is_served_directly(case):
        for each in case.proxy:
            if each.was_made and each.outcome != "running":
                probes = (result_evidence(each), *live_direct_evidence(case))
                is_closed = each.timeline.ended in ("eof", "reset")
                closed = NO_ANSWER if is_closed else 0
                yield case.resolution, each.timeline.status or closed, probes
    failed = posts.failed_post(case) if case.target.method == "GET" else None
    if failed and failed.accepted and case.message_resolution is not None:
        yield case.message_resolution, failed.status or NO_ANSWER, failed.evidence


def _line_evidence(resolution: RequestResolution, line: Directive, location: Directive) -> Evidence:
    text = tr(
        "`{line}` answers {method} {path} before location {location} passes it on",
        line=_written(line),
        method=resolution.request.method,
        path=safe(resolution.request.path, 120),
        location=safe(" ".join(location.args), 80),
    )
    return Evidence("config", str(line.where), text)


def _written(line: Directive) -> str:
    return safe(" ".join((line.name, *line.args)), 120)


def _fix(resolution: RequestResolution) -> Fix:
    """What to change: the condition around the line that refuses, or the line itself."""
    answer, server = resolution.answer, resolution.server
    assert answer is not None
    assert server is not None
    around = next(_conditions_around(server.directive, answer.directive), answer.directive)
    request = f"{resolution.request.method} {safe(resolution.request.path, 120)}"
    where, line = safe(str(around.where), 200), _written(around)
    text = tr("{where}: change `{line}` so that it lets {request} pass")
    if around is answer.directive:
        text = tr("{where}: keep `{line}` away from {request}")
    return Fix(text.format(where=where, line=line, request=request), "nginx")


def _conditions_around(block: Directive, line: Directive) -> Iterator[Directive]:
    """The `if` or `limit_except` in this block that the line stands in."""
    for child in block.block or ():
        if child.name in ("if", "limit_except") and line in (child.block or ()):
            yield child
        yield from _conditions_around(child, line)


RULE = Rule(
    id="refused-by-config",
    stage=Stage.ADMIT,
    fix=Fix(tr("let the line of the config that refuses this request pass it"), "nginx"),
    explains=frozenset(
        {
            "endpoint-prefix-lost",
            "limits",
            "location-miss",
            "message-path-unrouted",
            "query-dropped",
            "wrong-transport",
        }
    ),
    check=check,
)
