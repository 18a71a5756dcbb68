"""An error page turns the status of the backend, or of Nginx itself, into a 200."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wizard.diagnose.facts import addresses, directives, product, streams
from wizard.diagnose.facts.evidence import (
    log_evidence,
    path_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, prefix_of
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import ErrorPage, RequestResolution
from wizard.model.target import Style
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

_OK = 200
_LOGGED_STATUSES = {
    "connect-failed": 502,
    "no-live-peer": 502,
    "name-unresolved": 502,
    "resolver-missing": 502,
    "upstream-tls": 502,
    "upstream-header-too-big": 502,
    "premature-close": 502,
    "invalid-answer": 502,
    "invalid-header": 502,
    "header-timeout": 504,
    "limited": 503,
    "auth-request": 500,
}
"""The status with which Nginx answers by itself after such a line of its error log; a timeout while
connecting is 504."""
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_DIRECT = tr(
    "The backend itself answers {status}, and the client gets {answer} instead, because of the "
    "error page. Repair the cause of the {status}: {cause}."
)
_LOGGED = tr(
    "Nginx's error log says what failed. Nginx answers {status} to that, and the error page "
    "turns it into a page with 200. Repair what the log line says, then the {status} is gone."
)
_UNSEEN = tr(
    "The answer is a page with 200 where a stream was asked for, and this error page "
    "answers so for {codes}. Whether the backend or Nginx had one of them is not known. "
    "The error log tells which, or the backend's own status: {{add_direct}}."
)
_CAUSES = {
    401: tr(
        "the request has no credentials that the backend accepts (--header 'Authorization: …')"
    ),
    403: tr("the backend refuses this request"),
    404: tr(
        "the backend does not serve this path: the URL is wrong, or the path that Nginx passes on"
    ),
    405: tr("the backend answers another method at this path (--request POST --data …)"),
    406: tr("the backend does not offer what Accept asks for"),
}
_WHY_OFF = tr(
    "with this line the client gets an error page with 200 instead of the backend's own status"
)


@dataclass(frozen=True, slots=True)
class _Masked:
    """A status that was seen, and the error page that answers it with 200."""

    status: int
    page: ErrorPage
    seen: ProbeResult | LogLine


def check(rule: Rule, case: Case) -> Finding | None:
    """A page with 200, or of Nginx, in place of the answer, and an error page that may be it."""
    resolution = case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return None
    answer = next(filter(_is_page, case.proxy), None)
    if answer is None:
        return _masked_by_stream(rule, case, resolution)
    if any(map(_is_page, case.direct)):
        return None  # the backend itself answers with a page
    if masked := _masked_direct(case, resolution):
        return _shown(rule, case, resolution, answer, masked)
    if answer.outcome != "not-a-stream":
        return None
    if masked := _masked_by_nginx(case, resolution):
        return _shown(rule, case, resolution, answer, masked)
    return _suspected(rule, resolution, answer, case)


def _masked_by_stream(rule: Rule, case: Case, resolution: RequestResolution) -> Finding | None:
    """An error page that is itself an event stream, and ends.

    Only a line of the log tells it from a backend's stream that ends; with several peers, the
    next one may have answered after that line.
    """
    ended = [result for result in case.proxy if result.was_made]
    if not ended or not all(_is_ended_stream(result) for result in ended):
        return None
    masked, peers = _masked_by_nginx(case, resolution), addresses.upstream_peers(case)
    if masked is None or len(peers) != 1 or not isinstance(masked.seen, LogLine):
        return None
    is_about = addresses.host_port(peers[0]) in masked.seen.text
    return _shown(rule, case, resolution, ended[0], masked) if is_about else None


def _is_ended_stream(result: ProbeResult) -> bool:
    return result.outcome in ("cut", "ended") and result.timeline.status == _OK


def _is_page(result: ProbeResult) -> bool:
    """True for a page with 200, and for an error page that Nginx made itself."""
    is_own = result.outcome == "status" and product.is_nginx_page(result.timeline.excerpt)
    return result.outcome == "not-a-stream" or is_own


def _masked_direct(case: Case, resolution: RequestResolution) -> _Masked | None:
    """The backend's own status, which the direct probes show and an error page hides."""
    for result in case.direct:
        status = result.timeline.status or 0
        if status in resolution.masked_statuses and (page := _page_for(resolution, status)):
            return _Masked(status, page, result)
    return None


def _masked_by_nginx(case: Case, resolution: RequestResolution) -> _Masked | None:
    """The status of an error of Nginx's own, which its log shows and an error page hides."""
    for line in streams.own_log_lines(case, *_LOGGED_STATUSES):
        status = 504 if _is_connect_timeout(line) else _LOGGED_STATUSES[line.tag]
        if page := _page_for(resolution, status):
            return _Masked(status, page, line)
    return None


def _is_connect_timeout(line: LogLine) -> bool:
    return line.tag == "connect-failed" and "timed out" in line.text


def _page_for(resolution: RequestResolution, status: int) -> ErrorPage | None:
    """The error page in force for this status, if it can answer with 200."""
    page = next((each for each in resolution.error_pages if status in each.codes), None)
    return page if page is not None and page.status in (0, _OK) else None


def _shown(
    rule: Rule, case: Case, resolution: RequestResolution, answer: ProbeResult, masked: _Masked
) -> Finding:
    seen, name = masked.seen, f"{resolution.prefix}_intercept_errors"
    page = _page_evidence(masked.page)
    if isinstance(seen, LogLine):
        direct = map(result_evidence, streams.live_direct_probes(case)[:1])
        logged = (result_evidence(answer), *direct, log_evidence(seen), page)
        evidence = (*logged, path_evidence(resolution))
        is_dead = seen.tag == "connect-failed"
        text = _LOGGED.format(status=masked.status)
        finding = rule.finding("confirmed", evidence, text, fix=_CONNECT if is_dead else _OWN)
        return replace(finding, title=_UNREACHED) if is_dead else finding
    probes = (result_evidence(answer), result_evidence(seen))
    evidence = (*probes, page, setting_evidence(resolution, name), path_evidence(resolution))
    is_same = addresses.leads_to(case, seen.timeline.probe)
    is_sure = is_same and bool(streams.passes_here(case))
    confidence: Confidence = "confirmed" if is_sure else "likely"
    cause = _CAUSES.get(masked.status, tr("the backend itself fails: its own log says more"))
    status = answer.timeline.status
    what = (
        tr("a page with 200")
        if status == _OK
        else tr("Nginx's own page with {status}", status=status)
    )
    text = _DIRECT.format(status=masked.status, answer=what, cause=cause)
    return rule.finding(confidence, evidence, text)


def _suspected(
    rule: Rule, resolution: RequestResolution, answer: ProbeResult, case: Case
) -> Finding | None:
    """No status was seen below the page: the error page may stand for one all the same."""
    pages = {page: codes for page in resolution.error_pages if (codes := _hidden(resolution, page))}
    if not pages or any(each.timeline.status for each in case.direct if not _is_stream(each)):
        return None  # the backend's own status is known, and is not hidden
    evidence = (result_evidence(answer), *map(_page_evidence, pages))
    named = comma_list(str(code) for codes in pages.values() for code in codes)
    return rule.finding("possible", evidence, _UNSEEN.format(codes=named))


def _is_stream(result: ProbeResult) -> bool:
    return result.timeline.is_event_stream


def _hidden(resolution: RequestResolution, page: ErrorPage) -> list[int]:
    """The statuses that the page hides: those of the backend only if errors are intercepted."""
    if page.status not in (0, _OK):
        return []
    hidden = resolution.masked_statuses | _GATEWAY_ERRORS
    return [code for code in page.codes if code in hidden]


def _page_evidence(page: ErrorPage) -> Evidence:
    return Evidence("config", str(page.where), _written(page), "error_page")


def _written(page: ErrorPage) -> str:
    codes = " ".join(map(str, page.codes))
    status = "" if page.status is None else " =" if page.status == 0 else f" ={page.status}"
    return tr(
        "error_page {codes}{status} {target}",
        codes=codes,
        status=status,
        target=safe(page.target, 120),
    )


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """An error page that turns statuses of the backend into 200."""
    masked = resolution.masked_statuses
    return tuple(
        rule.config_finding(str(page.where), _latent_text(page, codes))
        for page in resolution.error_pages
        if page.status in (0, _OK) and (codes := [code for code in page.codes if code in masked])
    )


def _latent_text(page: ErrorPage, codes: Iterable[int]) -> str:
    named = comma_list(map(str, codes))
    how = "200" if page.status == _OK else tr("the status of that page")
    return tr(
        "{written}: a {named} of the backend reaches clients with {how}",
        written=_written(page),
        named=named,
        how=how,
    )


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The backend's own statuses for this path, if one of them was seen to be hidden."""
    if resolution is None or _masked_direct(case, resolution) is None:
        return ()
    return (Change(f"{prefix_of(resolution)}_intercept_errors", "off", _WHY_OFF),)


_LEADS_NOWHERE = tr(
    "{passed} at {where}: Nginx could not connect to {peers}; write the address there at "
    "which the backend listens"
)
_LOG_LINE = tr("repair what Nginx's error log says: {line}")


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What to repair by hand where an error of Nginx's own is hidden."""
    resolution = case.resolution
    if resolution is None or _masked_direct(case, resolution) is not None:
        return ()
    masked, upstream = _masked_by_nginx(case, resolution), resolution.upstream
    if masked is None or not isinstance(masked.seen, LogLine):
        return ()
    if masked.seen.tag != "connect-failed" or upstream is None:
        return (_LOG_LINE.format(line=safe(masked.seen.text, 300)),)
    passed, peers = safe(upstream.passed, 120), safe(comma_list(upstream.peers), 120)
    where = upstream.where or resolution.config.main
    return (_LEADS_NOWHERE.format(passed=passed, where=safe(str(where), 200), peers=peers),)


_OWN = Fix(
    tr(
        "what the log line says; and `error_page` without `=200` for this path, so that "
        "clients see the error"
    ),
    "nginx",
)
_UNREACHED = tr("Nginx cannot reach the backend, and an error page hides it")
_CONNECT = Fix(
    tr(
        "an address in {stream}_pass (or its upstream) where the backend listens; and "
        "`error_page` without `=200` for this path, so that clients see the error"
    ),
    "nginx",
)
RULE = Rule(
    id="error-page-masks",
    stage=Stage.ROUTE,
    fix=Fix(
        tr(
            "{stream}_intercept_errors off in the stream's location, so that the status shows; "
            "and what causes that status"
        ),
        "nginx",
    ),
    check=check,
    check_config=check_config,
    config_order=75,
    settings=NginxSettings(stream=settings, notes=notes),
)
