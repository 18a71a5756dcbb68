"""What to do first where nothing could be concluded: the option to give, or the URL to try."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from wizard.diagnose.facts import addresses, streams
from wizard.diagnose.facts.product import is_nginx_shown
from wizard.diagnose.facts.schemes import demands_tls, is_not_tls
from wizard.diagnose.without_direct import protocol
from wizard.model.case import Case
from wizard.model.certificate import CertificateProblem, certificate_problem
from wizard.model.probe_result import HELD_OUTCOMES, UNREADABLE_OUTCOMES, ProbeResult
from wizard.model.timeline import Timeline
from wizard.nginx.upstream import host_header
from wizard.probe.host_guard import requested_host
from wizard.text.display import safe, sentences
from wizard.text.messages import tr
from wizard.text.urls import http_url, is_unix

BUSY_ADVICE = tr("run it again when this machine is less busy, or wait longer: --stall 10.")
_INSECURE = tr("; --insecure skips that check here, but real clients fail in the same way.")
_CERTIFICATE: Mapping[CertificateProblem, str] = {
    "expired": tr("renew the certificate of {host}, which has expired") + _INSECURE,
    "early": (
        tr("check the clock of this machine, and from when the certificate of {host} is valid")
        + _INSECURE
    ),
    "name": (
        tr(
            "the certificate of {host} is for another name: write that name in the URL, and set "
            "the address with --connect-to ADDRESS:PORT if needed"
        )
        + _INSECURE
    ),
    "untrusted": (
        tr(
            "the certificate of {host} is not trusted here: add --insecure to skip the check. "
            "Real clients that check it fail in the same way."
        )
    ),
    "client": (
        tr(
            "{host} asks for a client certificate, which this program cannot send: add a URL "
            "behind it, as --direct http://HOST:PORT/sse."
        )
    ),
}
_UNREACHED = frozenset({"refused", "dns", "timeout", "reset"})


def next_step(case: Case) -> str:
    """The next step after an inconclusive run, in one sentence; empty if none is known.

    What keeps every request from an answer comes first, then what was not given.
    """
    answers = [result.timeline for result in case.proxy if result.was_made]
    if not answers:
        return ""
    return (
        _about_tls(case, answers)
        or _about_connection(answers)
        or _about_path(case, answers)
        or _about_credentials(answers)
        or _about_other_backend(case)
        or _about_log(case)
        or _about_peers(case)
        or _about_closing_backend(case)
        or _about_inputs(case)
    )


def _about_tls(case: Case, answers: list[Timeline]) -> str:
    parts = urlsplit(http_url(case.target.url))
    host = safe(parts.netloc, 100)
    details = (answer.detail for answer in answers if answer.ended == "tls")
    problems = (certificate_problem(detail) for detail in details)
    if problem := next((each for each in problems if each is not None), None):
        return _CERTIFICATE[problem].format(host=host)
    if all(map(is_not_tls, answers)):
        return tr(
            "this port does not use TLS: try http://{host}{path}.",
            host=host,
            path=safe(parts.path, 200),
        )
    if all(map(demands_tls, answers)):
        return tr(
            "this port uses TLS: try https://{host}{path}.",
            host=host,
            path=safe(parts.path, 200),
        )
    return ""


def _about_connection(answers: list[Timeline]) -> str:
    if any(answer.connect_s is not None for answer in answers):
        return ""
    if not all(answer.ended in _UNREACHED for answer in answers):
        return ""
    if all(answer.ended == "dns" for answer in answers):
        return tr("check the host's name, or set its address: --connect-to ADDRESS:PORT.")
    return tr(
        "check the host, the port, and whether the server runs. To try from a machine that "
        "reaches it: --vantage web='ssh HOST' --conf web=."
    )


def _about_path(case: Case, answers: list[Timeline]) -> str:
    """Whether the stream's path is missing in the URL."""
    url = case.target.url
    if urlsplit(http_url(url)).path.strip("/") or case.target.upgrade:
        return ""
    if not any(answer.headers_s is not None for answer in answers):
        return ""
    base = safe(url.partition("?")[0].rstrip("/"), 200)
    return tr(
        "the URL has no path: do you mean {base}/sse or {base}/mcp? check --look tries both.",
        base=base,
    )


def _about_credentials(answers: list[Timeline]) -> str:
    if not all(answer.status == 401 for answer in answers):
        return ""
    return tr("the URL asks for credentials: add --header 'Authorization: …'.")


def _about_other_backend(case: Case) -> str:
    """Whether the address to which Nginx passes the path is the right one: what answers there
    refuses or holds what the direct URL, another address, serves."""
    other = addresses.other_backend(case)
    made = [result for result in case.proxy if result.was_made]
    if not other or not streams.is_served_directly(case):
        return ""
    if not all(_is_not_passed(case, result) for result in made):
        return ""
    advice = tr(
        "check the address in the config: Nginx passes this path to {other}, and the direct URL, "
        "which serves it, is another one. --direct with that address shows what answers there.",
        other=safe(other, 120),
    )
    return sentences((advice, _about_host(case)))


def _about_host(case: Case) -> str:
    """That Nginx asks there for another host than the client: another proxy chooses its server by
    it. Empty if it does not, or if the config does not tell."""
    requested = requested_host(case)
    passed = host_header(case.resolution, requested) if case.resolution else ""
    if not passed or passed.partition(":")[0] == requested.partition(":")[0]:
        return ""
    return tr(
        "Nginx asks there for the host {passed}, not {requested}: with `proxy_set_header Host "
        "$http_host` it asks for the client's.",
        passed=safe(passed, 100),
        requested=safe(requested, 100),
    )


_FAILED = re.compile(
    r"\[(?:error|crit|alert|emerg)\] \S+ (?:\*\d+ )?(?P<message>.*?)(?:, client: |$)"
)
"""A line of Nginx's error log about a failure; the group is what it says itself."""


def _about_log(case: Case) -> str:
    """What Nginx's error log says of one of our requests, where no rule knows the message."""
    for line in (line for report in case.logs for line in report.lines):
        failed = _FAILED.search(line.text) if line.ours and line.kind == "error" else None
        if failed and not line.tag:
            return tr(
                "Nginx's error log says of our request what failed: {message}.",
                message=safe(failed["message"], 300),
            )
    return ""


def _about_peers(case: Case) -> str:
    """That Nginx passes the path to further peers than the one that was asked directly."""
    upstream = case.resolution.upstream if case.resolution else None
    if upstream is None or not streams.is_served_directly(case):
        return ""
    others = [peer for peer in upstream.peers if not _is_asked_directly(case, peer)]
    if not others or len(others) == len(upstream.peers) or is_unix(others[0]):
        return ""
    path = (upstream.request_uri or "/").partition("?")[0]
    return tr(
        "Nginx passes this path to several peers, and one of them may answer otherwise: ask each, "
        "as --direct http://{where}.",
        where=safe(f"{others[0]}{path}", 200),
    )


def _is_asked_directly(case: Case, peer: str) -> bool:
    """True if a direct probe was sent to this peer, as far as addresses are written alike."""
    asked = (addresses.direct_address(case, each.timeline.probe) for each in case.direct)
    return addresses.host_port(peer) in asked


def _about_closing_backend(case: Case) -> str:
    """What to look at where the backend's port takes connections and answers nothing."""
    direct = [result for result in case.direct if result.was_made]
    is_closed = all(each.outcome == "cut" and each.timeline.headers_s is None for each in direct)
    is_gateway = all(each.timeline.status == 502 for each in case.proxy if each.was_made)
    if not direct or not is_closed or not is_gateway:
        return ""
    return tr(
        "look at what listens at the direct URL: it takes connections and closes them without an "
        "answer, as a port map (Docker, a tunnel) with nothing behind it does, a process that "
        "fails, or one that expects TLS."
    )


def _is_not_passed(case: Case, result: ProbeResult) -> bool:
    """True for another answer than a stream, or one that is held though the config delivers it."""
    if result.outcome in ("status", "not-a-stream", "redirect"):
        return True
    return result.outcome in HELD_OUTCOMES and streams.is_unexpected(case, result)


def _about_inputs(case: Case) -> str:
    """The first input that would tell most and was not given, or how to watch for longer."""
    if any(result.is_unjudged for result in case.proxy):
        return BUSY_ADVICE
    outcomes = {result.outcome for result in case.proxy}
    if "not-http" in outcomes:
        return tr("check that the URL leads to the server and the port that are meant.")
    if not outcomes.isdisjoint(UNREADABLE_OUTCOMES):
        return ""  # Its note says what to look at.
    target, path = case.target, safe(urlsplit(http_url(case.target.url)).path or "/", 100)
    if not target.direct and not protocol(case):
        return tr(
            "add the backend's own address to see whether it sends its stream at all: --direct "
            "http://HOST:PORT{path}.",
            path=path,
        )
    if case.direct and all(result.outcome == "refused" for result in case.direct):
        return tr("check the direct URL, which cannot be reached from here.")
    if not is_nginx_shown(case):
        return tr(
            "ask the server behind the one that answers: --hop inner=http://HOST:PORT{path}.",
            path=path,
        )
    if target.conf is None:
        return tr(
            "add the Nginx config, or a saved `nginx -T`, to see what Nginx holds: --conf "
            "/etc/nginx/nginx.conf."
        )
    if not target.logs:
        return tr("add Nginx's error log, which says what failed: --log /var/log/nginx/error.log.")
    waited_s = max((result.timeline.waited_s or 0.0 for result in case.proxy), default=0.0)
    is_silent = not outcomes.isdisjoint({"silent", "held", "events-held", "no-event"})
    if is_silent and waited_s >= target.stall * 0.9:  # beside a live direct stream it waits less
        return tr(
            "wait longer than {waited:g} s: --stall {longer:g}.",
            waited=target.stall,
            longer=target.stall * 3,
        )
    return ""
