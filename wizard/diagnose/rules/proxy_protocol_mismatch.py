"""Nginx and the balancer in front of it do not agree on the PROXY protocol."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.log_report import LoggedFailure
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import is_unanswered
from wizard.nginx.servers import parse_listen
from wizard.text.display import labelled, safe
from wizard.text.messages import tr

_EXPECTED = tr(
    "The connection was accepted and then dropped without an answer. Nginx does this where it "
    "expects a PROXY protocol header and none comes. A request through a balancer that sends "
    "this header is not affected."
)
_UNEXPECTED = tr(
    "Something in front of Nginx sends a PROXY protocol header, and Nginx took it for a "
    "request. The request itself was never read."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """No answer where a PROXY protocol header is expected, or 400 where one is not."""
    dropped = [result for result in case.proxy if _is_dropped(result)]
    refused = [result for result in case.proxy if _is_refused(result)]
    logged = [(file, failure) for file, failure in _new_lines(case) if _is_here(case, failure)]
    listens = list(_listens(case))
    unexpected = [each for each in logged if '"PROXY ' in each[1].text]
    missing = [each for each in logged if each not in unexpected]
    if dropped and len(dropped) == len(case.proxy) and (missing or listens):
        return _finding(rule, dropped[0], missing, listens, _EXPECTED)
    if refused and unexpected and not listens:
        return _finding(rule, refused[0], unexpected, listens, _UNEXPECTED)
    return None


def _finding(
    rule: Rule,
    result: ProbeResult,
    logged: list[tuple[str, LoggedFailure]],
    listens: list[Directive],
    distinguishes: str,
) -> Finding:
    lines = (
        Evidence("log", file, labelled(each.describe(), each.text)) for file, each in logged[:1]
    )
    config = (
        Evidence("config", str(line.where), f"listen {safe(' '.join(line.args), 120)}")
        for line in listens[:1]
    )
    evidence = (result_evidence(result), *lines, *config)
    return rule.finding("confirmed" if logged else "likely", evidence, distinguishes)


def _is_dropped(result: ProbeResult) -> bool:
    """True for a connection that was closed without an answer, in TLS or after the request."""
    timeline = result.timeline
    is_closed = timeline.ended in ("eof", "reset", "tls")
    return is_unanswered(timeline) and timeline.connect_s is not None and is_closed


def _is_refused(result: ProbeResult) -> bool:
    return result.timeline.status == 400 or _is_dropped(result)


def _new_lines(case: Case) -> Iterator[tuple[str, LoggedFailure]]:
    """The lines about the PROXY protocol that were written during the probes, with their file."""
    for report in case.logs:
        for failure in report.failures:
            if failure.tag == "proxy-protocol":
                yield report.file, failure


def _is_here(case: Case, failure: LoggedFailure) -> bool:
    """True if the lines do not name another port than the URL's."""
    resolution = case.resolution
    listens = resolution is None or resolution.listens
    return failure.port is None or not listens or failure.port == _port(case)


def _port(case: Case) -> int:
    parts = urlsplit(case.target.url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _listens(case: Case) -> Iterator[Directive]:
    """The `listen` lines of the serving server, for the URL's port, with `proxy_protocol`."""
    resolution = case.resolution
    if resolution is None or resolution.server is None or not resolution.listens:
        return
    for line in resolution.server.directive.children("listen"):
        listen = parse_listen(line.args) if line.args else None
        if listen and "proxy_protocol" in listen.flags and listen.holds(_port(case)):
            yield line


RULE = Rule(
    id="proxy-protocol-mismatch",
    stage=Stage.REACH,
    fix=Fix(
        tr(
            "set proxy_protocol in `listen` if the balancer in front sends that header, and "
            "remove it otherwise"
        ),
        "nginx",
    ),
    explains=frozenset({"client-interception", "scheme-mismatch"}),
    check=check,
)
