"""Another proxy compresses the stream and keeps events in its compressor."""

from wizard.diagnose.facts import addresses, directives, product, streams
from wizard.diagnose.facts.evidence import result_evidence, setting_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.nginx.delivery import is_compressed
from wizard.text.display import clauses, safe
from wizard.text.messages import tr

_LIVE_OUTCOMES = frozenset({"live", "ended", "cut"})
_PLAIN = "identity"
_DIFFERENCE = tr(
    "The same request is live without compression and held or late with it. The backend, "
    "asked for it directly, does not compress"
)
_NO_DIRECT = tr("The same request is live without compression and held or late with it")
_NOT_HERE = tr(
    "and the config of this Nginx does not compress event streams, so another proxy does"
)
_ELSEWHERE = tr("and {} answers at the public URL, so it or a proxy behind it does")
_UNSEEN = tr("and not even headers of the held answer came, so it was not seen who compresses it")


def check(rule: Rule, case: Case) -> Finding | None:
    """Live plain and held compressed, and neither the backend nor this Nginx compresses."""
    pairs = _pairs(case)
    if not pairs or any(map(_encoding_of, case.direct)) or streams.held_probes(case):
        return None
    compressed, plain = pairs[0]
    direct = _direct_twin(case, compressed)
    if case.direct and direct is None:
        return None  # at the backend itself the compressed request is not live
    who, seen = _who(case, compressed, plain), _encoding_of(compressed)
    if who is None or not (seen or _may_be_compressed(case, compressed)):
        return None
    text, confidence = who
    evidence = (
        *map(result_evidence, (compressed, plain)),
        *([_encoding_evidence(compressed, seen)] if seen else ()),
        *map(result_evidence, [direct] if direct else []),
        *_config_evidence(case.resolution),
        *_product_evidence(case),
    )
    if not seen:
        confidence, text = "possible", clauses((text, _UNSEEN)) if direct else _UNSEEN
    elif direct is None:
        confidence = "possible" if confidence == "possible" else "likely"
    difference = _DIFFERENCE if direct else _NO_DIRECT
    fix = Fix(_advice(case), "outer-proxy")
    return rule.finding(
        confidence, evidence, tr("{first}, {second}.", first=difference, second=text), fix=fix
    )


def _pairs(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    """Held probes that accept a compression, each with its live plain twin of the same version."""
    plain = {r.timeline.probe.http: r for r in streams.counted_probes(case.proxy)}
    held = (
        result
        for result in case.proxy
        if result.outcome in HELD_OUTCOMES and result.timeline.probe.encoding != _PLAIN
    )
    twins = ((result, plain.get(result.timeline.probe.http)) for result in held)
    return [(first, twin) for first, twin in twins if twin and twin.outcome in _LIVE_OUTCOMES]


def _direct_twin(case: Case, compressed: ProbeResult) -> ProbeResult | None:
    """A live direct probe that accepts the same compression."""
    same = streams.live_direct_probes(case, compressed.timeline.probe.encoding)
    return next(iter(same), None)


def _encoding_of(result: ProbeResult) -> str:
    """The compression of an answer; empty for none, and before its headers."""
    encoding = (result.timeline.header("content-encoding") or "").strip().lower()
    return "" if encoding == _PLAIN else encoding


def _may_be_compressed(case: Case, result: ProbeResult) -> bool:
    """True if no header of the answer came, and a product that may compress answers there: else a
    limit or a slow peer explains one held probe as well."""
    return result.timeline.headers_s is None and product.other_proxy(case) is not None


def _who(case: Case, compressed: ProbeResult, plain: ProbeResult) -> tuple[str, Confidence] | None:
    """Who compresses, as a clause, and how sure that is; None if it may be this Nginx."""
    resolution, other = case.resolution, product.other_proxy(case)
    if resolution is None:
        if product.is_nginx_shown(case):
            return None
        return _ELSEWHERE.format(other.name if other else product.unknown_server(case)), "likely"
    if not directives.is_proxied(resolution) or _compresses(resolution, compressed, plain):
        return None
    if any(each.effect == "unknown" for each in resolution.body_filters) or resolution.unknown:
        return _NOT_HERE, "possible"  # a module that is not known may compress
    is_seen = addresses.is_direct(case) and other is not None
    return _NOT_HERE, "confirmed" if is_seen else "likely"


def _compresses(resolution: RequestResolution, compressed: ProbeResult, plain: ProbeResult) -> bool:
    """True if this Nginx compresses such streams for a client that accepts this."""
    encoding, media_type = compressed.timeline.probe.encoding, plain.timeline.media_type
    return is_compressed(resolution.settings, encoding, resolution.body_filters, media_type)


def _encoding_evidence(result: ProbeResult, encoding: str) -> Evidence:
    text = tr("the answer comes with Content-Encoding: {encoding}", encoding=safe(encoding, 40))
    return Evidence("probe", result.timeline.probe.label, text)


def _config_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    if resolution is None:
        return ()
    names = ("gzip", "gzip_types") if resolution.value("gzip") == "on" else ("gzip",)
    return tuple(setting_evidence(resolution, name) for name in names)


def _product_evidence(case: Case) -> tuple[Evidence, ...]:
    other = product.other_proxy(case)
    return (other.evidence,) if other else ()


def _advice(case: Case) -> str:
    other = product.other_proxy(case)
    advice = product.streaming_advice(other.name) if other else ""
    return (
        tr("at {name}: {advice}", name=other.name, advice=advice)
        if other and advice
        else RULE.fix.summary
    )


RULE = Rule(
    id="outer-compression",
    stage=Stage.HOLD,
    fix=Fix(
        tr(
            "let the proxy that compresses exempt text/event-stream; or let the backend answer "
            "with Cache-Control: no-transform, which many proxies follow"
        ),
        "outer-proxy",
    ),
    explains=frozenset({"gzip-plus-buffering", "outer-proxy-buffers"}),
    check=check,
)
