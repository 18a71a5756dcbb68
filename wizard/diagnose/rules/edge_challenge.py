"""A service on the way asks the client to prove that it is a browser."""

import re

from wizard.diagnose.facts.evidence import body_suffix, live_direct_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.media_types import WEB_PAGES
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

_HEADERS = {
    "cf-mitigated": re.compile(r"(?i)challenge"),
    "x-amzn-waf-action": re.compile(r"(?i)challenge|captcha"),
    "x-vercel-mitigated": re.compile(r"(?i)challenge"),
}
"""Response headers by which Cloudflare, AWS WAF and Vercel mark a challenge of their own."""
_PAGES = re.compile(
    r"(?i)<title>\s*(Just a moment|Attention Required! \| Cloudflare|DDoS-Guard"
    r"|Making sure you(&#39;|')re not a bot)|/cdn-cgi/challenge-platform/|_Incapsula_Resource"
    r"|Checking your browser before accessing|\bcf-chl-|awsWafCookieDomainList|/_sec/cp_challenge/"
)
"""Parts of the pages of Cloudflare, DDoS-Guard, Anubis, Imperva, AWS WAF and Akamai."""
_STATUSES = frozenset({200, 202, 403, 405, 429, 503})
"""The statuses with which such pages come: Anubis 200, AWS WAF 202 and 405, others 403 and 503."""
_MARKED = tr(
    "The service that answered marks its answer as a challenge, so it did not pass the request "
    "on: neither Nginx nor the backend answered."
)
_PAGE = tr(
    "The answer is a page with which such services check for a real browser; a client without a "
    "browser cannot pass it."
)
_ON_THE_WAY = tr(
    "A service on the way challenges the client. Whether it is in front of Nginx or behind it "
    "is not known: Nginx's access log (--log) or --direct would show it."
)
_BEHIND = tr("The answer's Server header names Nginx, which speaks for a service behind it.")
_UNLOGGED = tr("The logs that were read have no line about our request.")
_FIX_ON_THE_WAY = Fix(
    tr(
        "make an exception for this path at the service that challenges, or use clients that do "
        "not pass it"
    ),
    "outer-proxy",
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A challenge instead of a stream, that neither the backend gives nor Nginx has logged."""
    for result in case.proxy:
        mark, page = _mark(result.timeline), _is_challenge_page(result.timeline)
        if (mark or page) and not _comes_from_behind(case, result):
            return _finding(rule, case, result, mark)
    return None


def _finding(rule: Rule, case: Case, result: ProbeResult, mark: str) -> Finding:
    timeline = result.timeline
    label, was_read = timeline.probe.label, any(report.read for report in case.logs)
    text = tr(
        "HTTP {status}{body_suffix}", status=timeline.status, body_suffix=body_suffix(timeline)
    )
    evidence = (
        Evidence("probe", label, text),
        *([Evidence("probe", label, mark)] if mark else ()),
        *live_direct_evidence(case),
    )
    if not was_read and not any(each.timeline.status for each in case.direct):
        is_behind = (timeline.header("server") or "").lower().startswith("nginx")
        text = sentences((_ON_THE_WAY, _BEHIND)) if is_behind else _ON_THE_WAY
        return rule.finding("likely", evidence, text, fix=_FIX_ON_THE_WAY)
    distinguishes = sentences((_MARKED if mark else _PAGE, _UNLOGGED if was_read else ""))
    return rule.finding("confirmed" if mark else "likely", evidence, distinguishes)


def _mark(answer: Timeline) -> str:
    """The header that marks a challenge; empty without one."""
    for name, pattern in _HEADERS.items():
        value = answer.header(name) or ""
        if pattern.search(value):
            return f"{name}: {safe(value, 80)}"
    return ""


def _is_challenge_page(answer: Timeline) -> bool:
    """True for a web page that has the marks of a challenge."""
    is_page = answer.media_type in WEB_PAGES and answer.status in _STATUSES
    return is_page and bool(_PAGES.search(answer.excerpt))


def _comes_from_behind(case: Case, result: ProbeResult) -> bool:
    """True if the request passed Nginx: its access log has it, or the backend answers alike."""
    label = result.timeline.probe.label
    lines = (line for report in case.logs for line in report.lines)
    is_logged = any(line.kind == "access" and line.client == label for line in lines)
    alike = (_mark(each.timeline) or _is_challenge_page(each.timeline) for each in case.direct)
    return is_logged or any(alike)


RULE = Rule(
    id="edge-challenge",
    stage=Stage.REACH,
    fix=Fix(
        tr(
            "make an exception for this path at the service in front (a rule that skips the "
            "challenge), or use clients that do not pass it"
        ),
        "outer-proxy",
    ),
    explains=frozenset(
        {"auth-gate", "get-not-offered", "limits", "upstream-unreachable", "wrong-transport"}
    ),
    check=check,
)
