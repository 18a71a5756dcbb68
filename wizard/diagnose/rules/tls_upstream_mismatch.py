"""TLS between Nginx and the backend fails."""

from functools import partial
from urllib.parse import urlsplit

from wizard.diagnose.facts import addresses, logs, schemes, streams
from wizard.diagnose.facts.directives import place_of
from wizard.diagnose.facts.evidence import log_evidence, result_evidence, setting_evidences
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.text.display import safe
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "The TCP connection was opened, and TLS on it failed. So the address is right, and the "
    "request never reached the backend."
)
_UNLOGGED = tr(
    "The same address is live when the host name is sent in the TLS handshake, and Nginx sends "
    "none. Nginx's error log would confirm it: \"SSL_do_handshake() failed … while SSL "
    'handshaking to upstream".'
)
_PLAIN = tr(
    "The answer reports plain HTTP on a port for TLS. The URL's own port does not use TLS, so "
    "it is the backend's port."
)
_OTHER_SCHEME = tr(
    "Nginx passes this path to an address that serves the direct request over {scheme}, but "
    "Nginx uses {passed} there. A port speaks only one of them."
)
_SPEAK_TLS = Fix(
    tr("proxy_pass https:// with proxy_ssl_server_name on: the port speaks TLS"), "nginx"
)
_SPEAK_PLAIN = Fix(tr("proxy_pass http://: the backend's port speaks no TLS"), "nginx")
_CERTIFICATE = Fix(
    tr(
        "proxy_ssl_name is the name in the backend's certificate, and proxy_ssl_verify, "
        "proxy_ssl_protocols and a client certificate match the backend"
    ),
    "nginx",
)
_WHY_SERVER_NAME = tr(
    "without it Nginx sends no host name in its TLS handshake. A backend that chooses its "
    "certificate by name then refuses, or answers for another host"
)
_WHY_NAME = tr(
    "the name that Nginx sends and checks; without it the host in proxy_pass is used. It must "
    "be on the backend's certificate"
)
_WRITE_NAME = tr("proxy_ssl_name: write the name that is on the backend's certificate")
_NEEDS_SECRET = tr(
    "ingress-nginx reads proxy-ssl-* only beside proxy-ssl-secret, and backend-protocol: HTTPS"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A TLS failure in the error log; or a gateway error over TLS, without a server name."""
    if plain := _plain_http_answers(case):
        evidence = (*map(result_evidence, plain), *_proxy_pass_evidence(case))
        return rule.finding("confirmed", evidence, _PLAIN, fix=_SPEAK_TLS)
    if (finding := _other_scheme(rule, case)) is not None:
        return finding
    failing = [result for result in case.proxy if result.timeline.status in (502, 504)]
    logged = streams.own_log_lines(case, "upstream-tls")
    others = () if logged else logs.failures_of_others(case, "upstream-tls")
    if not failing or not (logged or others or _sends_no_name(case)):
        return None
    uses_tls = case.resolution is not None and _is_tls(case.resolution)
    names = ["proxy_ssl_server_name"] if uses_tls else []
    evidence = (
        result_evidence(failing[0]),
        *map(log_evidence, logged[:1]),
        *(failure.evidence for failure in others[:1]),
        *_proxy_pass_evidence(case),
        *setting_evidences(case.resolution, *names),
    )
    confidence: Confidence = "confirmed" if logged else "likely"
    texts = [line.text for line in logged] or [each.failure.text for each in others]
    explains = frozenset({"upstream-unreachable"}) if texts else frozenset[str]()
    distinguishes = _DISTINGUISHES if texts else _UNLOGGED
    fix = _fix(case.resolution, " ".join(texts))
    return rule.finding(confidence, evidence, distinguishes, fix=fix, explains=explains)


def _other_scheme(rule: Rule, case: Case) -> Finding | None:
    """Every proxied probe fails, and the address behind Nginx is live over the other scheme."""
    resolution, made = case.resolution, [each for each in case.proxy if each.was_made]
    passed = resolution.upstream.passed.lower() if resolution and resolution.upstream else ""
    if not passed.startswith(("http:", "https:")) or any(map(_is_served, made)):
        return None
    live = next(filter(partial(_shows_other_scheme, case), case.direct), None)
    if live is None or not made:
        return None
    names = ("HTTP", "HTTPS") if _is_tls_passed(passed) else ("HTTPS", "HTTP")
    evidence = (result_evidence(made[0]), result_evidence(live), *_proxy_pass_evidence(case))
    return rule.finding(
        "confirmed",
        evidence,
        _OTHER_SCHEME.format(scheme=names[0], passed=names[1]),
        fix=_SPEAK_PLAIN if _is_tls_passed(passed) else _SPEAK_TLS,
        explains=frozenset({"upstream-unreachable", "backend-silent"}),
    )


def _is_served(result: ProbeResult) -> bool:
    """True if something came of the stream, or an answer that may be the backend's own."""
    status = result.timeline.status
    return status is not None and status not in (400, 502, 504)


def _shows_other_scheme(case: Case, direct: ProbeResult) -> bool:
    """True if the backend answered this direct request over the scheme that Nginx does not use."""
    url, resolution = direct.timeline.probe.url.lower(), case.resolution
    is_other = resolution is not None and url.startswith("https:") != _is_tls(resolution)
    is_answered = direct.timeline.status is not None and not schemes.demands_tls(direct.timeline)
    return is_other and is_answered and addresses.leads_to(case, direct.timeline.probe)


def _plain_http_answers(case: Case) -> tuple[ProbeResult, ...]:
    """Answers of a TLS server to plain HTTP, where the public port itself speaks no TLS."""
    if (case.resolution and _is_tls(case.resolution)) or schemes.is_tls_port(case) is not False:
        return ()
    return tuple(result for result in case.proxy if schemes.demands_tls(result.timeline))[:1]


def _is_tls(resolution: RequestResolution) -> bool:
    upstream = resolution.upstream
    return upstream is not None and _is_tls_passed(upstream.passed.lower())


def _is_tls_passed(passed: str) -> bool:
    return passed.startswith(("https:", "grpcs:"))


def _sends_no_name(case: Case) -> bool:
    """True if Nginx sends no name to an address that is live directly with its name."""
    resolution = case.resolution
    if resolution is None or resolution.upstream is None or not _is_tls(resolution):
        return False
    probes = [result.timeline.probe for result in streams.live_direct_probes(case)]
    live = {addresses.direct_address(case, probe) for probe in probes}
    peers = {addresses.host_port(peer) for peer in resolution.upstream.peers}
    return resolution.value("proxy_ssl_server_name") == "off" and bool(live & peers)


def _proxy_pass_evidence(case: Case) -> tuple[Evidence, ...]:
    upstream = case.resolution.upstream if case.resolution else None
    if upstream is None or upstream.where is None:
        return ()
    text = f"proxy_pass {safe(upstream.passed)}"
    return (Evidence("config", str(upstream.where), text, "proxy_pass"),)


def _fix(resolution: RequestResolution | None, text: str) -> Fix | None:
    if "wrong version number" in text:
        return _SPEAK_PLAIN
    sends_name = resolution is not None and resolution.value("proxy_ssl_server_name") == "on"
    if "certificate" in text or sends_name:
        return _CERTIFICATE
    return None


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """TLS to a named backend, and no name is sent."""
    upstream = resolution.upstream
    if upstream is None or not upstream.passed.lower().startswith("https://"):
        return ()
    host = _host(upstream.passed)
    if resolution.value("proxy_ssl_server_name") != "off" or addresses.is_ip_address(host):
        return ()
    where = place_of(resolution, "proxy_ssl_server_name")
    text = tr(
        "proxy_ssl_server_name off: a backend that serves several names refuses the handshake"
    )
    return (rule.config_finding(where, text, "proxy_ssl_server_name"),)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """The backend's name in the TLS handshake; nothing where the scheme is what has to change."""
    is_plain = resolution is not None and not _is_tls(resolution)
    if is_plain or any(_shows_other_scheme(case, each) for each in case.direct):
        return ()
    name = _certificate_name(case, resolution)
    set_name = (Change.from_args("proxy_ssl_name", (name,), _WHY_NAME),) if name else ()
    return (Change("proxy_ssl_server_name", "on", _WHY_SERVER_NAME), *set_name)


def _certificate_name(case: Case, resolution: RequestResolution | None) -> str:
    """The backend's name as its certificate has it; empty if proxy_pass names it already."""
    upstream = resolution.upstream if resolution else None
    passed = _host(upstream.passed) if upstream else ""
    peers = [_host(f"//{peer}") for peer in upstream.peers] if upstream else []
    if passed in peers and _can_be_certified(passed):
        return ""
    hosts = (*(_host(source.locator) for source in case.target.direct), *peers)
    return next(filter(_can_be_certified, hosts), "$host")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _can_be_certified(host: str) -> bool:
    """True for a name with a dot; certificates here do not hold addresses or variables."""
    return "." in host and "$" not in host and not addresses.is_ip_address(host)


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """What the reader must add to the settings."""
    if style == "nginx":
        return (_WRITE_NAME,) if "$" in _certificate_name(case, case.resolution) else ()
    return (_NEEDS_SECRET,) if style == "ingress-nginx" else ()


RULE = Rule(
    id="tls-upstream-mismatch",
    stage=Stage.REACH,
    fix=Fix(
        tr("proxy_ssl_server_name on, and proxy_ssl_name with the backend's real name"), "nginx"
    ),
    check=check,
    check_config=check_config,
    config_order=100,
    settings=NginxSettings(both=settings, notes=notes),
)
