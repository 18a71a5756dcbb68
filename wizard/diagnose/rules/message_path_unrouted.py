"""Nginx passes the stream to the backend, but not the path of its messages."""

from wizard.diagnose.facts import addresses, directives, posts, streams
from wizard.diagnose.facts.evidence import path_evidences
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, prefix_notes
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.text.display import sentences
from wizard.text.messages import tr


def check(rule: Rule, case: Case) -> Finding | None:
    """The POST fails, and the config does not lead it to the stream's backend."""
    if _lacks_prefix(case) or posts.reaches_backend(case) or _is_redirected(case):
        return None
    # Where the stream itself is the answer to a POST, it has no messages of another path.
    if _is_served_alike(case) or case.target.method != "GET":
        return None
    failed = posts.failed_post(case)
    if failed is None:
        return _latent(rule, case)
    confidence = _confidence(case, failed)
    evidence = (*failed.evidence, *path_evidences(case))
    return rule.finding(confidence, evidence, _distinguishes(case, failed)) if confidence else None


def _is_redirected(case: Case) -> bool:
    """True if Nginx only adds a slash to the path: see `slash-redirect`."""
    return bool(case.message_resolution and directives.adds_slash(case.message_resolution))


def _is_served_alike(case: Case) -> bool:
    """True if one location passes the stream and its messages, which have the same path."""
    stream, message = case.resolution, case.message_resolution
    if stream is None or message is None or stream.request.path != message.request.path:
        return False
    return stream.location == message.location and stream.upstream == message.upstream


def _distinguishes(case: Case, failed: posts.FailedPost) -> str:
    """What the evidence of this case shows."""
    parts = []
    if failed.accepted:
        parts.append(tr("The backend accepts the same message when it is asked directly."))
    if posts.reaches_backend(case) is False:
        parts.append(
            tr(
                "The stream's path leads to the backend and the message's path does not, so "
                "neither a lost session nor a wrong body is the cause."
            )
        )
    else:
        parts.append(
            tr(
                "Nginx answers the POST itself, with its own page. Which location does so is "
                "not known: {add_conf}."
            )
        )
    return sentences(parts)


def _lacks_prefix(case: Case) -> bool:
    """True if the path lacks a prefix that the stream's has: see `endpoint-prefix-lost`."""
    prefix = posts.stripped_prefix(case)
    return bool(prefix) and not posts.message_path(case).startswith(f"{prefix}/")


def _confidence(case: Case, failed: posts.FailedPost) -> Confidence | None:
    if failed.status in posts.NOT_ABOUT_THE_PATH:
        return None
    not_found = failed.status in posts.NOT_FOUND
    if posts.reaches_backend(case) is None:
        return "possible" if not_found and failed.by_nginx else None
    return "confirmed" if not_found and failed.accepted else "likely"


def _latent(rule: Rule, case: Case) -> Finding | None:
    if not posts.is_untried(case) or posts.reaches_backend(case) is not False:
        return None
    if _is_stream_astray(case):
        return None  # the messages would follow it
    distinguishes = tr("Read from the config, not seen: no POST could be sent.")
    return rule.finding("likely", path_evidences(case), distinguishes, latent=True)


def _is_stream_astray(case: Case) -> bool:
    """True if the message's path leads to a backend whose stream is live when it is asked directly,
    and the stream's path does not."""
    message = case.message_resolution.upstream if case.message_resolution else None
    live = [result.timeline.probe for result in streams.live_direct_probes(case)]
    peers = set(map(addresses.host_port, message.peers if message else ()))
    is_there = any(addresses.direct_address(case, probe) in peers for probe in live)
    return is_there and not any(addresses.leads_to(case, probe) for probe in live)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """No usual path of messages leads to the stream's backend, and no prefix was removed."""
    unrouted = posts.unrouted_messages(resolution)
    if unrouted is None or unrouted.prefix_removed:
        return ()
    return (rule.config_finding(unrouted.where, unrouted.text),)


RULE = Rule(
    id="message-path-unrouted",
    stage=Stage.MESSAGE,
    fix=Fix(tr("a location for the path of the messages, passed to the stream's backend"), "nginx"),
    check=check,
    check_config=check_config,
    config_order=80,
    settings=NginxSettings(routes_messages=True, notes=prefix_notes),
)
