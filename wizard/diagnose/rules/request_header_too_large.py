"""Nginx refuses a request whose headers do not fit its buffers."""

from wizard.diagnose.facts import logs, product, streams
from wizard.diagnose.facts.evidence import line_evidence, log_evidence, result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import enclosing_blocks
from wizard.text.messages import tr

TAG = "request-header-too-large"
NAME = "large_client_header_buffers"
_PAGE = "Header Or Cookie Too Large"
"""Part of the page that Nginx sends with its 400 (ngx_http_special_response.c)."""
_NAMED = tr("The refusal is Nginx's own and names the reason; the backend never got the request.")
_OTHERS = tr(
    "Nginx's error log shows this for other requests to this path. The headers of ours are "
    "smaller; other clients may send larger ones (cookies, tokens)."
)
_WHY = tr(
    "one header line has to fit one of these buffers (8k by default), and all headers "
    "must fit them together; a large token or many cookies do not"
)
_BUFFERS = "4 32k"


def check(rule: Rule, case: Case) -> Finding | None:
    """400 with Nginx's own page for it, or a line of the error log that says it."""
    own = streams.own_log_lines(case, TAG)
    refused = [result for result in case.proxy if _is_refused(result, logged=bool(own))]
    if not refused:
        return _of_others(rule, case)
    evidence = (
        result_evidence(refused[0]),
        *map(log_evidence, own[:1]),
        *map(result_evidence, streams.live_direct_probes(case)[:1]),
        *_config_evidence(case.resolution),
    )
    return rule.finding("confirmed", evidence, _NAMED)


def _is_refused(result: ProbeResult, *, logged: bool) -> bool:
    timeline = result.timeline
    is_page = product.is_nginx_page(timeline.excerpt) and _PAGE in timeline.excerpt
    return timeline.status in (400, 431) and (is_page or logged)


def _of_others(rule: Rule, case: Case) -> Finding | None:
    failures = logs.failures_of_others(case, TAG)
    if not failures:
        return None
    first = failures[0]
    confidence: Confidence = "possible" if first.is_outdated else "likely"
    evidence = (first.evidence, *_config_evidence(first.resolution))
    return rule.finding(confidence, evidence, _OTHERS)


def _config_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    if resolution is None:
        return ()
    if (line := _in_force(resolution)) is None:
        text = tr("{name} is not set: 4 buffers of 8k by default", name=NAME)
        return (Evidence("config", resolution.config.main, text, NAME),)
    return (line_evidence(line),)


def _in_force(resolution: RequestResolution) -> Directive | None:
    """The directive of the server or of http; a location cannot set it."""
    blocks = reversed(enclosing_blocks(resolution))
    return next((line for block in blocks for line in block.children(NAME)), None)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """Larger buffers at the http level, where the config sets none."""
    if resolution is not None and _in_force(resolution) is not None:
        return ()
    return (Change(NAME, _BUFFERS, _WHY, scope="http"),)


RULE = Rule(
    id="request-header-too-large",
    stage=Stage.ADMIT,
    fix=Fix(
        tr(
            "larger large_client_header_buffers in the http block (of several servers at one "
            "address, those of the default server count), or smaller headers of the client"
        ),
        "nginx",
    ),
    check=check,
    settings=NginxSettings(stream=settings),
)
