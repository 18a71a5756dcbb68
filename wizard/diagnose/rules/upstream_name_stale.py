"""Nginx asks an address that the backend's name no longer has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.diagnose.facts import addresses, streams
from wizard.diagnose.facts.evidence import live_direct_evidence, log_evidence, result_evidence
from wizard.diagnose.name_settings import look_up_again, notes_on_resolver
from wizard.diagnose.outcome import is_well
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.upstream import upstream_block_of
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

_UPSTREAM = re.compile(r'upstream: "\w+://(\[[0-9a-fA-F:]+\]|[0-9.]+):(\d+)')
"""The address in a line of the error log."""
_TRIED = re.compile(
    r"(?<![\w.:])(\[[0-9a-fA-F:]+\]|\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})(?=[\s,\"|]|$)"
)
"""An address with a port, as `$upstream_addr` in a line of an access log."""
_NO_CONNECTION = tr(
    "Nginx got no connection at {used}, and tried no other address. The backend's name leads to "
    "{now} today, where it answers. Nginx looks up such a name only when it starts or reloads, "
    "and keeps those addresses."
)
_OTHER_ANSWER = tr(
    "Nginx's log shows that it asked {used} every time. The backend's name leads to {now} "
    "today, where it gives another answer. Nginx looks up such a name only when it starts or "
    "reloads."
)
_UNLOGGED = tr(
    "The backend answers at the name in the config, and Nginx gets no good answer there. Nginx "
    "looks up such a name only when it starts or reloads, so it may still ask an older address. "
    "Its error log names the address that it asks, and a reload would show it."
)
_OTHER_FAILURES = (
    "premature-close", "invalid-answer", "invalid-header", "upstream-header-too-big",
    "header-timeout",
    "upstream-tls", "resolver-missing", "name-unresolved",
)  # fmt: skip
"""Log lines that say what else failed."""
_RELOAD = tr(
    "reload Nginx now (nginx -s reload): it looks the name up again, which ends this outage"
)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in the config that Nginx looks up once, and what it leads to today.

    Attributes:
        peer: The name and port as the config has them.
        probe: The direct probe by that name.
        now: The addresses that direct probes by that name reached.
    """

    peer: str
    probe: ProbeResult
    now: frozenset[str]


def check(rule: Rule, case: Case) -> Finding | None:
    """Through the proxy it fails, and Nginx's log has another address than the name has today."""
    handshake, name = case.handshake("proxy"), _name(case)
    failing = [each for each in case.proxy if each.was_made and not is_well(each, handshake)]
    if not failing or case.resolution is None or name is None:
        return None
    asked = tuple(_asked(case, name))
    if not asked:
        return _unlogged(rule, case, failing, name)
    used = {address for address, _ in asked}
    if used & name.now:
        return None
    failed = [line for _, line in asked if line.tag == "connect-failed"]
    if not failed and not _is_always_elsewhere(asked, name):
        return None
    text = _NO_CONNECTION if failed else _OTHER_ANSWER
    line = failed[0] if failed else asked[0][1]
    evidence = (*_evidence(case, failing, name), log_evidence(line))
    distinguishes = text.format(used=comma_list(sorted(used)), now=comma_list(sorted(name.now)))
    confidence = _confidence(case, name, bool(failed))
    return rule.finding(confidence, evidence, distinguishes, explains=_SYMPTOMS)


_SYMPTOMS = frozenset({"upstream-unreachable", "location-miss", "wrong-transport"})


def _is_always_elsewhere(asked: tuple[tuple[str, LogLine], ...], name: _Name) -> bool:
    """True if several requests went to other addresses of the same kind: one of several addresses
    of the name would have had its turn."""
    is_v6 = {"[" in address for address in name.now}
    return len(asked) > 1 and {"[" in address for address, _ in asked} == is_v6


def _confidence(case: Case, name: _Name, failed: bool) -> Confidence:
    """Where Nginx failed to connect it would have tried every address that it has, unless told not
    to; another host may resolve the name otherwise."""
    conf, probe = case.target.conf, name.probe.timeline.probe
    if conf is not None and conf.vantage != probe.vantage:
        return "possible"
    resolution = case.resolution
    tries_all = resolution is not None and _tries_all(resolution)
    return "confirmed" if failed and tries_all else "likely"


def _tries_all(resolution: RequestResolution) -> bool:
    return "error" in resolution.value(f"{resolution.prefix}_next_upstream").split()


def _unlogged(rule: Rule, case: Case, failing: list[ProbeResult], name: _Name) -> Finding | None:
    """A gateway error without a line of the log that tells why."""
    gateway = [result for result in failing if result.timeline.status in (502, 504)]
    if not gateway or streams.own_log_lines(
        case, *_OTHER_FAILURES, "connect-failed", "no-live-peer"
    ):
        return None
    return rule.finding("possible", _evidence(case, gateway, name), _UNLOGGED)


def _name(case: Case) -> _Name | None:
    """The name to which Nginx passes the stream, if it looks it up at start alone and a direct
    probe by the same name is well."""
    resolution = case.resolution
    if resolution is None or resolution.upstream is None or "$" in resolution.upstream.passed:
        return None
    for peer in resolution.upstream.peers:
        if not _is_looked_up_once(resolution, peer):
            continue
        same = [result for result in case.direct if _asks(case, result, peer)]
        now = frozenset(addresses.bracketed(each.timeline.address or "") for each in same) - {""}
        served = [result for result in same if is_well(result, case.handshake("direct"))]
        if now and served:
            return _Name(peer, served[0], now)
    return None


def _asks(case: Case, result: ProbeResult, peer: str) -> bool:
    direct = addresses.direct_address(case, result.timeline.probe)
    return bool(direct) and addresses.is_same(direct, addresses.host_port(peer))


def _is_looked_up_once(resolution: RequestResolution, peer: str) -> bool:
    """True for a host name, other than this machine's, without `resolve` in its upstream block."""
    host = addresses.host_port(peer).rpartition(":")[0]
    if not host or peer.startswith("unix:") or addresses.is_ip_address(host) or host == "localhost":
        return False
    block = upstream_block_of(resolution)
    servers = block.children("server") if block else ()
    return not any("resolve" in server.args for server in servers)


def _asked(case: Case, name: _Name) -> Iterator[tuple[str, LogLine]]:
    """The addresses that Nginx asked for our requests, with that port, each with its log line."""
    port = addresses.host_port(name.peer).rpartition(":")[2]
    lines = (line for report in case.logs for line in report.lines if line.ours)
    for line in lines:
        if line.kind == "error":
            found = _UPSTREAM.findall(line.text)
        elif line.kind == "access" and line.client.startswith(("sse-proxy", "mcp-proxy")):
            found = _TRIED.findall(line.text.rpartition('"')[2])
        else:
            continue
        yield from ((address, line) for address, at in found if at == port)


def _evidence(case: Case, failing: list[ProbeResult], name: _Name) -> tuple[Evidence, ...]:
    resolution, label = case.resolution, name.probe.timeline.probe.label
    now = comma_list(sorted(name.now))
    leads = Evidence(
        "probe", label, tr("{peer} leads to {now} today", peer=safe(name.peer, 120), now=now)
    )
    upstream = resolution.upstream if resolution else None
    where = str(upstream.where) if upstream and upstream.where else label
    passed = tr(
        "the name {peer} is written here without a variable, so it is looked up only once",
        peer=safe(name.peer, 120),
    )
    shown = live_direct_evidence(case) or (result_evidence(name.probe),)
    return (result_evidence(failing[0]), *shown, leads, Evidence("config", where, passed))


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """The reload that helps at once, and what it takes that it does not happen again."""
    return (_RELOAD, *notes_on_resolver(case, style))


RULE = Rule(
    id="upstream-name-stale",
    stage=Stage.REACH,
    fix=Fix(
        tr(
            "reload Nginx now; then a resolver, with the name in a variable or `server … "
            "resolve` in the upstream block (1.27.3 or later), so that it is looked up again"
        ),
        "nginx",
    ),
    check=check,
    settings=NginxSettings(both=look_up_again, notes=notes),
)
