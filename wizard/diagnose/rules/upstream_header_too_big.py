"""The response header of the backend does not fit the buffer that Nginx has for it."""

from wizard.diagnose.facts import addresses, directives, logs, posts, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence, setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, in_force, prefix_of
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.settings import size_bytes
from wizard.text.display import safe
from wizard.text.messages import tr

TAG = "upstream-header-too-big"
_NAMED = tr(
    "Nginx reached the backend and itself says why it failed: the response header is too big."
)
_MEASURED = tr(
    "The same backend answers the direct request, with a header larger than the buffer. "
    'Nginx\'s error log would confirm it: "upstream sent too big header".'
)
_OTHERS = tr(
    "Nginx's error log shows this for other requests to this path. The header that the backend "
    "sent to ours fits; it may depend on the client (cookies, tokens)."
)
_MIN_BYTES = 16 * 1024
_MAX_BYTES = 1024 * 1024
_PAGE_BYTES = 4096
_WHY_SIZE = tr(
    "the header of a response has to fit one buffer: {}. Large cookies or tokens need "
    "more than the default"
)
_WHY_BUFFERS = tr(
    "Nginx needs this line too: it refuses busy buffers that are larger than these together "
    "without one"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """502, and the error log or the backend's header itself shows that the buffer is too small."""
    own = streams.own_log_lines(case, TAG)
    failed = [result for result in case.proxy if result.timeline.status == 502]
    post = posts.failed_post(case)
    is_failed = bool(failed) or (post is not None and post.status == 502)
    if not is_failed or not (own or _too_big(case)):
        return _of_others(rule, case, own_failed=is_failed)
    evidence = (
        *map(result_evidence, failed[:1]),
        *(post.evidence if post and not failed else ()),
        *map(log_evidence, own[:1]),
        *_header_evidence(case),
        *_size_evidence(case.resolution),
    )
    confidence: Confidence = "confirmed" if own else "likely"
    return rule.finding(confidence, evidence, _NAMED if own else _MEASURED)


def _of_others(rule: Rule, case: Case, *, own_failed: bool) -> Finding | None:
    failures = logs.failures_of_others(case, TAG)
    if not failures:
        return None
    first = failures[0]
    evidence = (first.evidence, *_size_evidence(first.resolution))
    confidence: Confidence = "possible" if first.is_outdated else "likely"
    return rule.finding(confidence, evidence, _NAMED if own_failed else _OTHERS)


def _size_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    if resolution is None or not directives.is_proxied(resolution):
        return ()
    return setting_evidences(resolution, f"{resolution.prefix}_buffer_size")


def _header_evidence(case: Case) -> tuple[Evidence, ...]:
    timeline = _largest(case)
    if timeline is None:
        return ()
    text = tr(
        "the header of the direct response has about {header_bytes} bytes",
        header_bytes=timeline.header_bytes,
    )
    return (Evidence("probe", timeline.probe.label, text),)


def _too_big(case: Case) -> bool:
    """True if the header that the backend sends directly surely exceeds the buffer in force."""
    timeline, resolution = _largest(case), case.resolution
    if timeline is None or resolution is None or not addresses.is_direct(case):
        return False
    sizes = resolution.value(f"{resolution.prefix}_buffer_size").split("|")
    limits = [size_bytes(size) for size in sizes]
    return all(limit is not None and timeline.header_bytes > limit for limit in limits)


def _largest(case: Case) -> Timeline | None:
    """The direct answer with the largest header; None if none came."""
    answered = [r.timeline for r in case.direct if r.timeline.headers_s is not None]
    return max(answered, key=lambda timeline: timeline.header_bytes, default=None)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A buffer of 16 KB, of four times the present size, or of twice the header that was seen.

    `proxy_busy_buffers_size`, twice that by default, must fit into `proxy_buffers` without one
    (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_busy_buffers_size).
    """
    prefix, timeline = prefix_of(resolution), _largest(case)
    written = (resolution.value(f"{prefix}_buffer_size") if resolution else "") or "4k|8k"
    now = size_bytes(written.partition("|")[0]) or 0
    seen = 2 * timeline.header_bytes if timeline else 0
    wanted = max(_MIN_BYTES, 4 * now if now >= _MIN_BYTES else 0, seen)
    pages = -(-min(wanted, _MAX_BYTES) // _PAGE_BYTES)
    size = f"{pages * _PAGE_BYTES // 1024}k"
    reason = _WHY_SIZE.format(in_force(safe(written, 40), resolution))
    first = Change(f"{prefix}_buffer_size", size, reason)
    if prefix == "grpc":
        return (first,)
    busy = resolution.settings.get(f"{prefix}_busy_buffers_size") if resolution else None
    changes = (first, Change(f"{prefix}_buffers", f"8 {size}", _WHY_BUFFERS))
    if busy is None or busy.where is None:
        return changes
    twice = f"{2 * pages * _PAGE_BYTES // 1024}k"
    return (*changes, Change(f"{prefix}_busy_buffers_size", twice, _WHY_BUFFERS))


RULE = Rule(
    id="upstream-header-too-big",
    stage=Stage.REACH,
    fix=Fix(tr("a larger {stream}_buffer_size, or smaller headers of the backend"), "nginx"),
    explains=frozenset({"upstream-unreachable", "new-default-regression"}),
    check=check,
    settings=NginxSettings(both=settings),
)
