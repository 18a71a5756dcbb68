"""The URL is redirected to https, or to another host, and clients make a GET of their POST."""

from dataclasses import dataclass, replace

from wizard.diagnose.facts import origins, streams
from wizard.diagnose.facts.evidence import follow_up_evidence, result_evidence
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
    named_differences,
)
from wizard.diagnose.forwarded_settings import forwarded_headers
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.model.sent_request import SentHeader
from wizard.model.statuses import LOSES_METHOD, REDIRECTS
from wizard.model.timeline import Timeline
from wizard.nginx.as_sent import as_sent
from wizard.probe.mcp.signs import sign_of_mcp
from wizard.probe.redirects import is_served, redirects_to_itself
from wizard.text.display import safe, sentences
from wizard.text.messages import tr
from wizard.text.urls import join_url, split_url

_POSTED = tr(
    "The POST itself is redirected: a client that follows {} sends a GET without its body."
)
_MCP = tr(
    "Clients POST to this URL ({}). A client that follows {} sends a GET without the body "
    "instead. Its own GETs arrive, so the URL seems to work."
)
_GET_ONLY = tr(
    "Clients follow the redirect with a GET. If they POST to this URL, or to one below it, {} "
    "turns that into a GET. What is behind the redirect was not asked: check the URL that it "
    "names."
)
_KEPT = tr(
    "Clients follow {} with the same method. What is behind the redirect was not asked: "
    "check the URL that it names."
)
_HEADERS_OF_SCHEME = frozenset({
    "forwarded", "front-end-https", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-protocol",
    "x-forwarded-scheme", "x-forwarded-ssl", "x-scheme", "x-url-scheme",
})  # fmt: skip
"""Headers that tell a backend by which scheme and port its client came."""
_TOLD = tr(
    "The direct request is not redirected. The config sends {}, and a backend may redirect "
    "because of that: whether this one does was not tried."
)
_MEASURED_TITLE = tr(
    "The backend redirects because of the headers in which Nginx tells it about the URL"
)
_FIX_OF_SCHEME = tr(
    "{name} with the scheme that clients use: https, or what the outermost proxy sends, "
    "where TLS ends in front of this Nginx ($scheme is http there); where clients do "
    "come with http, {target} as the URL in the client"
)
_FIX_OF_HOST = tr(
    "{name} with the name to which the backend redirects, or the one that the direct "
    "request has; or {target} as the URL in the client"
)


_LOOP_TITLE = tr("The URL redirects to itself")
_LOOP = tr(
    "No client gets past it. A server that redirects http to https does so where TLS ends in front "
    "of it and nothing tells it that the client came with https."
)
_LOOP_MEASURED = tr(
    "No client gets past it. The backend redirects the direct request too, and serves it with the "
    "headers of a proxy: it takes the public requests for http."
)
_WHY_LOOP = tr("asked directly with this header, the backend redirected no more")
_FIX_LOOP = Fix(
    tr(
        "X-Forwarded-Proto with the scheme of the client, from the proxy at which TLS ends to the "
        "backend, which has to trust it ($scheme is http behind that proxy)"
    ),
    "nginx",
)


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A redirect to the same path and query, mostly at another scheme or host."""

    answer: Timeline
    target: str

    @property
    def change(self) -> str:
        """What changes: the scheme, or the host."""
        own, target = split_url(self.answer.probe.url), split_url(self.target)
        if own.scheme != target.scheme:
            return tr(
                "{scheme}:// becomes {new_scheme}://", scheme=own.scheme, new_scheme=target.scheme
            )
        if not self.is_elsewhere:
            return tr("it leads to the same URL again, without end")
        return tr("the host becomes {netloc}", netloc=safe(target.netloc, 120))

    @property
    def is_elsewhere(self) -> bool:
        """True for another scheme or host."""
        own, target = split_url(self.answer.probe.url), split_url(self.target)
        return (own.scheme, own.hostname) != (target.scheme, target.hostname)


def check(rule: Rule, case: Case) -> Finding | None:
    """Every proxied answer redirects to the same path, at https or at another host.

    Where the direct request shows which difference makes the backend redirect, it is that one.
    """
    results = [result for result in case.proxy if result.was_made]
    redirects = [_read(result.timeline) for result in results]
    if not redirects or redirects[0] is None or None in redirects:
        return None
    redirect = redirects[0]
    if difference := difference_about(case, is_about):
        return _measured(rule, case, redirect, difference)
    if not named_differences(case) and all(redirects_to_itself(each.timeline) for each in results):
        return _without_end(rule, case, redirect)
    if named_differences(case) or not redirect.is_elsewhere:
        return None
    status = redirect.answer.status or 0
    evidence = (
        result_evidence(results[0]),
        Evidence(
            "probe",
            redirect.answer.probe.label,
            tr("same path, but {change}", change=redirect.change),
        ),
        *_backend_evidence(case),
        *_config_evidence(case.resolution, status),
    )
    confidence, text = _judge(case, status)
    fix = Fix(
        tr(
            "{target} as the URL in the client; {status_fix}",
            target=_target(redirect),
            status_fix=_STATUS_FIX,
        ),
        "client",
    )
    if told := _told_scheme(case):
        evidence = (*evidence, Evidence("config", str(told.where), f"{told.name}: {told.value}"))
        text = sentences((text, _TOLD.format(told.name)))
        summary = _FIX_OF_SCHEME.format(name=safe(told.name, 60), target=_target(redirect))
        return rule.finding("likely", evidence, text, fix=Fix(summary, "nginx"))
    return rule.finding(confidence, evidence, text, fix=fix)


def _without_end(rule: Rule, case: Case, redirect: _Redirect) -> Finding | None:
    """The URL redirects to itself: what answers takes the request for another one, mostly for one
    over http."""
    asked, helpful = streams.follow_ups(case, "redirect-forwarded"), _helpful(case)
    if split_url(case.target.url).scheme != "https" and helpful is None:
        return None
    result = next(each for each in case.proxy if each.timeline is redirect.answer)
    shown = helpful or next(iter(asked[-1:]), None)
    change = Evidence("probe", redirect.answer.probe.label, redirect.change)
    evidence = (result_evidence(result), change, *map(follow_up_evidence, filter(None, (shown,))))
    if helpful is not None:
        sent = origins.forwarded_names(helpful)
        fix = Fix(tr("Nginx passes on what the client asked for: {sent}", sent=sent), "nginx")
        finding = rule.finding("confirmed", evidence, _LOOP_MEASURED, fix=fix)
    else:
        finding = rule.finding("likely", evidence, _LOOP, fix=_FIX_LOOP)
    return replace(finding, title=_LOOP_TITLE)


def _helpful(case: Case) -> FollowUpResult | None:
    """The direct request with a proxy's headers that is not redirected; None without."""
    asked = streams.follow_ups(case, "redirect-forwarded")
    return next((each for each in asked if is_served(each.timeline)), None)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The headers with which the backend redirects no more, and the rest of the set as it is."""
    return forwarded_headers(case, resolution, _helpful(case), _WHY_LOOP)


def is_about(case: Case, difference: Difference) -> bool:
    """True for a header that tells the backend the scheme, the port or the host of the URL."""
    name = difference.name.lower()
    is_named = name in _HEADERS_OF_SCHEME or name == "x-forwarded-host"
    return difference.kind == "host" or (difference.kind == "header" and is_named)


def _told_scheme(case: Case) -> SentHeader | None:
    """The header by which the config tells the backend that clients come with http, where that may
    be why it redirects a request that is sent once; None without one."""
    resolution, direct = case.resolution, case.direct
    is_direct_redirected = any(_read(each.timeline) for each in direct)
    if case.target.method == "GET" or resolution is None or is_direct_redirected or not direct:
        return None
    sent = as_sent(resolution, (), method=case.target.method)
    headers = sent.headers if sent else ()
    return next((each for each in headers if _tells_http(each)), None)


def _tells_http(header: SentHeader) -> bool:
    is_scheme = header.name.lower() in _HEADERS_OF_SCHEME
    return is_scheme and header.where is not None and (header.value or "").lower() == "http"


def _measured(rule: Rule, case: Case, redirect: _Redirect, difference: Difference) -> Finding:
    """The direct request with this header is redirected too, and without it served."""
    result = next(each for each in case.proxy if each.timeline is redirect.answer)
    text = tr("same path, but {change}", change=redirect.change)
    changed = Evidence("probe", redirect.answer.probe.label, text)
    evidence = (result_evidence(result), changed, *difference_evidence(case, difference))
    name = difference.name or "Host"
    fix = _FIX_OF_SCHEME if name.lower() in _HEADERS_OF_SCHEME else _FIX_OF_HOST
    summary = fix.format(name=safe(name, 60), target=_target(redirect))
    distinguishes = describe_distinction(difference)
    finding = rule.finding("confirmed", evidence, distinguishes, fix=Fix(summary, "nginx"))
    return replace(finding, title=_MEASURED_TITLE)


_STATUS_FIX = tr("308 instead of 301 at the redirect, which keeps the method")


def _target(redirect: _Redirect) -> str:
    parts = split_url(redirect.target)
    return safe(f"{parts.scheme}://{parts.netloc}{parts.path}", 200)


def _judge(case: Case, status: int) -> tuple[Confidence, str]:
    """How sure it is that something fails by it, and why."""
    if status not in LOSES_METHOD:
        return "possible", _KEPT.format(status)
    if case.target.method != "GET":
        return "confirmed", _POSTED.format(status)
    sign = _posts(case)
    if not sign:
        return "possible", _GET_ONLY.format(status)
    is_for_all = bool(_config_evidence(case.resolution, status))
    return ("confirmed" if is_for_all else "likely"), _MCP.format(sign, status)


def _posts(case: Case) -> str:
    """What shows that clients POST to this URL; empty if nothing does."""
    direct = case.handshake("direct")
    if direct is not None and direct.is_complete and direct.transport != "http+sse":
        return tr("the backend completes an MCP handshake there")
    return sign_of_mcp(result.timeline for result in (*case.proxy, *case.direct))


def _read(answer: Timeline) -> _Redirect | None:
    """The redirect in an answer to the same path; None for another path, or from https to http."""
    if answer.status not in REDIRECTS:
        return None
    try:
        target = join_url(answer.probe.url, (answer.header("location") or "").strip())
        own, other = split_url(answer.probe.url), split_url(target)
    except ValueError:
        return None
    same_path = (own.path or "/", own.query) == (other.path or "/", other.query)
    if not same_path or (own.scheme, other.scheme) == ("https", "http"):
        return None
    return _Redirect(answer, target)


def _backend_evidence(case: Case) -> tuple[Evidence, ...]:
    """The direct answers, if the backend itself redirects so."""
    redirects = ((result, _read(result.timeline)) for result in case.direct)
    same = [result for result, redirect in redirects if redirect and redirect.is_elsewhere]
    return tuple(map(result_evidence, same[:1]))


def _config_evidence(resolution: RequestResolution | None, status: int) -> tuple[Evidence, ...]:
    """The line by which Nginx itself redirects with this status, whatever the method is."""
    answer = resolution.answer if resolution else None
    if answer is None or answer.status != status or answer.directive.name not in _LINES:
        return ()
    return (Evidence("config", str(answer.directive.where), _written(answer.directive.args)),)


_LINES = ("return", "rewrite")


def _written(args: tuple[str, ...]) -> str:
    return tr("Nginx itself redirects every request: {args}", args=safe(" ".join(args), 160))


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """Nginx redirects this path to https by a status that makes a GET of a POST."""
    answer = resolution.answer
    if answer is None or answer.status not in LOSES_METHOD or answer.directive.name not in _LINES:
        return ()
    if resolution.request.scheme != "http" or not any(map(_is_https, answer.directive.args)):
        return ()
    text = tr(
        "{status} to https: a client makes a GET of its POST; 308 keeps the method",
        status=answer.status,
    )
    return (rule.config_finding(str(answer.directive.where), text),)


def _is_https(argument: str) -> bool:
    return argument.startswith("https://")


RULE = Rule(
    id="scheme-redirect",
    stage=Stage.ROUTE,
    fix=Fix(
        tr("the URL to which it leads in the client; {status_fix}", status_fix=_STATUS_FIX),
        "client",
    ),
    check=check,
    check_config=check_config,
    config_order=65,
    settings=NginxSettings(both=settings),
)
