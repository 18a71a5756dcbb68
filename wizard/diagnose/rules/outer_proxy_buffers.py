"""Another proxy in front of this Nginx holds the stream."""

from urllib.parse import urlsplit

from wizard.diagnose.facts import addresses, product, streams
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    log_evidence,
    path_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, FirstFailingHop
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import HELD_TAGS, LogLine
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.text.display import safe, sentences
from wizard.text.messages import tr

TRACE_HEADERS = ("via", "x-cache", *streams.PROXY_HEADERS)
"""Response headers that show a proxy, the most telling first."""
_MORE = {
    "hop": "",
    "outside": tr("That proxy was not asked itself: name it with --hop to be sure."),
    "direct": tr("The two requests may also have reached different backends."),
}
_DISTINGUISHES = tr(
    "This Nginx passes the stream on, by its config, and the backend sends it. So what holds it "
    "is in front of this Nginx. Name each hop with --hop NAME=URL, this one with --hop "
    "nginx={}: that shows which one holds it."
)
_NAMED = tr(
    "{name} answers at the public URL, and the backend sends when it is asked directly. So "
    "{name} or a proxy behind it holds the stream: --hop inner=http://HOST:PORT{path} shows "
    "which."
)
_OLD_CONFIG = tr("If the running Nginx has another config (no reload yet), that explains it too.")
_BETWEEN = tr(
    "This Nginx passes the path to {}, which is not the direct URL. A proxy there, behind this "
    "Nginx, may hold the stream as well: name it with --hop too."
)
_NETWORK = tr(
    "Several events came at once, but each was complete. A slow or uneven network does that as "
    "well."
)
_PASSED_NOTHING = tr(
    "By its own log this Nginx passed nothing on, its config delivers the stream, and it passes "
    "the path to {other}, which is not the direct URL: a proxy there may hold the stream. --direct "
    "with that address shows it."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Held though the config of this Nginx delivers it and it is live directly.

    If hops were probed: held at one and live at the next one in.
    """
    if case.first_failing_hop is not None:
        return _between_hops(rule, case, case.first_failing_hop)
    if not product.is_nginx_read(case) and (named := product.other_proxy(case)):
        return _by_named(rule, case, named)
    held = [result for result in streams.held_probes(case) if result.outcome != "late"]
    unexpected = [result for result in held if streams.is_unexpected(case, result)]
    if case.resolution is None or not unexpected or not streams.live_direct_probes(case):
        return None
    passed, traces = _log_lines_of(case, unexpected, "live-200"), _trace_evidence(case)
    surely_live = any(streams.predicted_results(case, each) == {"live"} for each in unexpected)
    if not (surely_live or passed or traces):
        return None  # events that come in parts are held whole even where small ones should pass
    if not passed and (held_back := _log_lines_of(case, unexpected, *HELD_TAGS)):
        return _behind(rule, case, unexpected, held_back[0])
    evidence = (
        *map(result_evidence, unexpected),
        direct_evidence(streams.live_direct_probes(case)[0]),
        setting_evidence(case.resolution, f"{case.resolution.prefix}_buffering"),
        *map(log_evidence, passed[:1]),
        *traces,
    )
    doubts = _doubts(case, unexpected)
    confidence: Confidence = "likely" if (passed or traces) and not doubts else "possible"
    text = _DISTINGUISHES.format(addresses.own_url(case))
    distinguishes = sentences((text, *([] if passed else [_OLD_CONFIG]), *doubts))
    return rule.finding(confidence, evidence, distinguishes)


def _behind(
    rule: Rule, case: Case, unexpected: list[ProbeResult], logged: LogLine
) -> Finding | None:
    """By its own log this Nginx passed nothing on, and it asks another address than the direct one:
    what answers there may hold the stream."""
    other = safe(addresses.other_backend(case), 120)
    if not other or logged.had_answer:
        return None
    evidence = (
        *map(result_evidence, unexpected),
        direct_evidence(streams.live_direct_probes(case)[0]),
        log_evidence(logged),
        *(path_evidence(each) for each in [case.resolution] if each),
    )
    fix = Fix(
        tr("what answers at {other} passes event streams on as they come", other=other),
        "outer-proxy",
    )
    text = sentences((_PASSED_NOTHING.format(other=other), _OLD_CONFIG))
    return rule.finding("possible", evidence, text, fix=fix)


def _doubts(case: Case, unexpected: list[ProbeResult]) -> tuple[str, ...]:
    """What else explains that the stream is held, in one sentence each."""
    network = _NETWORK if all(map(streams.waits_whole, unexpected)) else ""
    other = addresses.other_backend(case)
    between = _BETWEEN.format(safe(other, 120)) if other else ""
    return tuple(filter(None, (network, between)))


def _by_named(rule: Rule, case: Case, named: product.Product) -> Finding | None:
    """Held between the backend and the public URL, where another proxy than Nginx answers."""
    held, live = streams.held_probes(case), streams.live_direct_probes(case)
    if not held or not live:
        return None
    is_alone = named.shows_what_is_behind and not product.is_nginx_shown(case)
    confidence: Confidence = "likely" if is_alone else "possible"
    path = safe(urlsplit(case.target.url).path or "/", 200)
    advice = product.streaming_advice(named.name) or tr("pass event streams on as they come")
    fix = Fix(tr("at {name}: {advice}", name=named.name, advice=advice), "outer-proxy")
    evidence = (*map(result_evidence, held), direct_evidence(live[0]), named.evidence)
    distinguishes = _NAMED.format(name=named.name, path=path)
    return rule.finding(confidence, evidence, distinguishes, fix=fix)


def _between_hops(rule: Rule, case: Case, failing: FirstFailingHop) -> Finding | None:
    """The hops were probed, so the one that holds the stream is measured."""
    innermost = failing.kind == "hop" and failing.inner_kind == "direct"
    if failing.result.outcome not in HELD_OUTCOMES or innermost or case.resolution is not None:
        return None  # the proxy whose config was read, or the last one: not an outer proxy
    probes = (result_evidence(failing.result), direct_evidence(failing.inner_result))
    distinguishes = sentences((streams.hop_difference(failing), _MORE[failing.kind]))
    return rule.finding(
        streams.hop_confidence(failing),
        (*probes, *_trace_evidence(case)),
        distinguishes,
        explains=frozenset({"proxy-buffering-hold", "gzip-plus-buffering"}),
    )


def _log_lines_of(case: Case, unexpected: list[ProbeResult], *tags: str) -> tuple[LogLine, ...]:
    """The log lines of this Nginx about these probes."""
    labels = {result.timeline.probe.label for result in unexpected}
    return tuple(line for line in streams.own_log_lines(case, *tags) if line.client in labels)


def _trace_evidence(case: Case) -> tuple[Evidence, ...]:
    """A response header of / that shows another proxy."""
    if case.root is None:
        return ()
    headers = [(name, value) for name in TRACE_HEADERS if (value := case.root.header(name))]
    server = case.root.header("server") or ""
    if server and not product.is_nginx(server):
        headers.append(("server", server))
    shown = [f"{name}: {safe(value, 80)}" for name, value in headers[:1]]
    return tuple(
        Evidence("probe", "root-proxy", tr("/ answers with {trace}", trace=trace))
        for trace in shown
    )


RULE = Rule(
    id="outer-proxy-buffers",
    stage=Stage.HOLD,
    fix=Fix(
        tr(
            "switch buffering off at the outer proxy, or set `proxy_pass_header "
            "X-Accel-Buffering` at this one"
        ),
        "outer-proxy",
    ),
    check=check,
)
