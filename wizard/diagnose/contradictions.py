"""What speaks against a whole class of causes; `diagnose` asks for it before it names one.

What speaks against one cause alone is looked for in its own rule.
"""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.diagnose.facts import product, releases, streams
from wizard.diagnose.facts.request_difference import refutation
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.model.timeline import Timeline, is_live, is_unanswered
from wizard.text.display import capitalize, noted, safe, seconds
from wizard.text.messages import tr

_GATEWAY_ERRORS = (502, 503, 504)
_MECHANISMS = frozenset({Stage.HOLD, Stage.CUT})
"""Stages whose causes are about how Nginx itself buffers and cuts."""
_NEVER_HELD = tr(
    "this is a WebSocket, and Nginx never buffers those: nothing is concluded about buffering"
)


def contradiction(case: Case, rule: Rule, finding: Finding) -> str:
    """Why this finding cannot be the cause, in one sentence; empty if nothing speaks against it."""
    if rule.stage == Stage.HOLD and (failure := root_failure(case)):
        return tr(
            "GET / {failure} too, and Nginx never holds such a short answer, so buffering alone "
            "is not the cause",
            failure=failure,
        )
    if rule.stage == Stage.HOLD and case.target.upgrade:
        return _NEVER_HELD
    if rule.is_about and not finding.latent and (why := refutation(case, rule.is_about)):
        return why
    if rule.stage == Stage.HOLD and not finding.latent and (why := _nothing_to_hold(case)):
        return why
    if finding.fix.where != "nginx":
        return ""
    if rule.stage == Stage.HOLD and not finding.latent and _comes_in_whole_events(case):
        return tr(
            "several events came at the same moment, but each was complete, while a full buffer "
            "ends in the middle of an event: so the backend, the network or another proxy "
            "collects them"
        )
    if not product.is_nginx_shown(case):
        is_mechanism = rule.stage in _MECHANISMS or rule.id == "limits"
        return describe_front(case) if is_mechanism else ""
    other = product.other_proxy(case)
    if rule.stage == Stage.HOLD and other and not product.is_nginx_read(case):
        return tr(
            "Nginx is not the only proxy on the way: {name} names itself as well ({evidence}). "
            "--hop nginx={inner_url} shows which of them holds the stream",
            name=other.name,
            evidence=other.evidence.text,
            inner_url=_inner_url(case),
        )
    return ""


def _nothing_to_hold(case: Case) -> str:
    """That Nginx had no answer of the backend, in one sentence; empty if it may have had one."""
    unanswered = releases.unanswered_probe(case)
    if unanswered is None or streams.live_direct_probes(case):
        return ""
    return tr(
        "Nginx itself answered 504 after {headers_s}: the backend had sent no answer that Nginx "
        "could hold",
        headers_s=seconds(unanswered.timeline.headers_s),
    )


def _comes_in_whole_events(case: Case) -> bool:
    """True if all that is held of the proxied streams are whole events that come together."""
    held = [result for result in case.proxy if result.outcome in HELD_OUTCOMES]
    return bool(held) and all(map(streams.waits_whole, held))


def describe_front(case: Case) -> str:
    """Who answers at the public URL where nothing shows an Nginx, and what to ask as well."""
    other = product.other_proxy(case)
    named = noted(other.name, other.evidence.text) if other else product.unknown_server(case)
    return tr(
        "{named} answers at the public URL, and no config or log of an Nginx was read, so "
        "nothing is concluded about Nginx. To ask what is behind it: --hop inner={inner_url}",
        named=named,
        inner_url=_inner_url(case),
    )


def _inner_url(case: Case) -> str:
    """What the URL of a proxy further in looks like."""
    path = urlsplit(case.target.url).path or "/"
    return f"http://HOST:PORT{safe(path, 200)}"


def name_front(case: Case, finding: Finding) -> Finding:
    """The finding in the name of the server that answers, where that is no Nginx.

    What it says of paths and answers holds for any proxy; what to set is not known of others.
    """
    if finding.fix.where != "nginx" or product.is_nginx_shown(case):
        return finding
    other = product.other_proxy(case)
    name = other.name if other else tr("the proxy")

    def renamed(text: str) -> str:
        # ASCII: a Chinese character beside the name is no letter of it.
        return re.sub(r"\b[Tt]his Nginx\b|\bNginx\b", name, text, flags=re.ASCII)

    evidence = tuple(replace(item, text=renamed(item.text)) for item in finding.evidence)
    title, distinguishes = renamed(finding.title), renamed(finding.distinguishes)
    fix = Fix(
        tr("change {name}: `ssewizard explain {id}` says what is wrong", name=name, id=finding.id),
        "outer-proxy",
    )
    named = (other.evidence,) if other else ()
    return replace(
        finding,
        title=title if other else capitalize(title),
        evidence=(*evidence, *named),
        distinguishes=distinguishes,
        fix=fix,
    )


def root_failure(case: Case) -> str:
    """How `GET /` through the proxy fails like a held stream, in a few words; empty if it does not.

    It tells nothing if the config leads `/` elsewhere; if a stream came through the proxy all the
    same, or, by the log, from the backend; or if `/` is not a short answer: the stream itself, or
    unanswered by the backend as well.
    """
    root = case.root
    if root is None or case.first_failing_hop is not None or not _leads_to_stream_backend(case):
        return ""
    if urlsplit(case.target.url).path in ("", "/"):
        return ""
    if any(result.outcome in streams.REACHED for result in case.proxy):
        return ""
    if streams.backend_had_answered(case):
        return ""
    if root.status in _GATEWAY_ERRORS:
        return tr("is answered {status}", status=root.status)
    if root.ended != "open" or not is_unanswered(root) or not _is_short(case):
        return ""
    return tr("has no answer after {waited_s}", waited_s=seconds(root.waited_s))


def _leads_to_stream_backend(case: Case) -> bool:
    """False if the config leads `/` to other peers than the stream, or to none."""
    if case.resolution is None or case.root_resolution is None:
        return True
    stream, root = case.resolution.upstream, case.root_resolution.upstream
    return bool(stream and root and (stream.peers == root.peers or not root.peers))


def _is_short(case: Case) -> bool:
    """False if the backend itself sends no answer to `/`, or an event stream."""
    asked = streams.follow_ups(case, "root-direct")
    return all(_is_whole(sent.timeline) for sent in asked)


def _is_whole(timeline: Timeline) -> bool:
    return timeline.headers_s is not None and not is_live(timeline)
