"""Answers to messages that Nginx buffers: held, late, or only short enough to pass."""

from wizard.diagnose.facts import addresses, answers, directives, streams
from wizard.diagnose.facts.evidence import (
    post_evidence,
    result_evidence,
    setting_evidence,
    setting_evidences,
)
from wizard.diagnose.outcome import is_finite_answer
from wizard.diagnose.rule import Rule
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding
from wizard.model.handshake import Exchange
from wizard.model.probe_result import ProbeResult
from wizard.model.timeline import Timeline, connected_s
from wizard.nginx.body_filters import describe_doubts
from wizard.text.display import (
    capitalize,
    clauses,
    seconds,
    sentence,
    sentences,
)
from wizard.text.messages import tr

_REPLY = tr(
    "The stream is live and small replies arrive. The end of a large reply does not arrive: the "
    "config in force keeps it in a buffer until more follows"
)
_REPLY_DIRECT = tr("the same reply arrives whole at the direct URL")
_ANSWER = tr(
    "The backend answers the same POST at once, with an event stream. Through the proxy the "
    "answer is late or missing, and the config keeps buffering on: it holds the answer until it "
    "ends."
)
_ANSWER_NO_CONFIG = tr(
    "The backend answers the same POST at once, with an event stream. Through the proxy the "
    "answer is late or missing. Without the Nginx config it is not known that buffering is on: "
    "{add_conf}."
)
_UNTIL_ITS_END = tr(
    "The backend answers a POST with an event stream, and the config keeps buffering on. So an "
    "answer that takes a while and reports progress is held until its end. None of our messages "
    "took a while, so this was not seen."
)
_SHORT_ANSWER = tr(
    "The answer was complete too soon to show whether it is held. The config keeps buffering "
    "on, so a longer answer is held until its end. Ask for a longer one."
)
SHORT_ANSWER_S = 0.5
"""An answer that takes less, in seconds, may have been held to its end without being late."""
_METHODS = {"tools": "tools/list"}
"""The methods of messages whose names are shorter."""
NO_CONFIG = tr(
    "Without the Nginx config it is not known that buffering is on, nor that Nginx "
    "passes this path to that backend: {add_conf}."
)


def held_reply_finding(rule: Rule, case: Case) -> Finding | None:
    """The end of a reply to an MCP message is held."""
    held = answers.held_reply(case)
    if held is None:
        return None
    whole = held.direct is not None
    evidence = [_reply_evidence(held.message, held.stream, held.proxied)]
    if held.direct is not None:
        evidence.append(_reply_evidence(held.message, held.direct.timeline, held.direct))
    if case.resolution is None:
        text = sentences((sentence(capitalize(_REPLY_DIRECT)), NO_CONFIG)) if whole else NO_CONFIG
        return rule.finding("possible", tuple(evidence), text)
    if not (directives.is_proxied(case.resolution) and directives.is_buffering(case.resolution)):
        return None
    name = f"{case.resolution.prefix}_buffering"
    evidence += setting_evidences(case.resolution, name, f"{case.resolution.prefix}_buffer_size")
    is_shown = whole and streams.passes_here(case) and addresses.is_direct(case)
    confidence: Confidence = "confirmed" if is_shown else "likely"
    if doubts := describe_doubts(case.resolution.body_filters, buffering=True):
        # The reply may still be on its way.
        return rule.finding(
            "possible",
            tuple(evidence),
            tr("{reply}; but {doubts}.", reply=_REPLY, doubts=clauses(doubts)),
        )
    return rule.finding(
        confidence,
        tuple(evidence),
        tr("{first}; {second}.", first=_REPLY, second=_REPLY_DIRECT)
        if whole
        else tr("{sentence}.", sentence=_REPLY),
    )


def _reply_evidence(message: str, stream: Timeline, exchange: Exchange) -> Evidence:
    """How much of a reply came, and when."""
    message = _METHODS.get(message, message)
    if exchange.replied_s is None:
        text = tr(
            "of the reply to {message} {reply_bytes} bytes came, and its end did not",
            message=message,
            reply_bytes=exchange.reply_bytes,
        )
    else:
        size, time = exchange.reply_bytes, seconds(exchange.replied_s)
        text = tr(
            "the reply to {message} ({size} bytes) was whole after {time}",
            message=message,
            size=size,
            time=time,
        )
    return Evidence("probe", stream.probe.label, text)


def held_answer_finding(rule: Rule, case: Case) -> Finding | None:
    """The answer to a POST is a stream, which Nginx holds until it ends, or would hold."""
    held = answers.held_answer(case)
    if case.resolution is None and held is not None:
        return rule.finding("possible", tuple(map(post_evidence, held)), _ANSWER_NO_CONFIG)
    direct = held[1] if held else answers.streamed_direct_answer(case)
    if direct is None or not answers.would_be_held(case, direct):
        return None
    if answers.asks_for_no_buffering(direct):
        return None  # Nginx ignores it, which has a rule of its own
    assert case.resolution is not None
    setting = setting_evidence(case.resolution, f"{case.resolution.prefix}_buffering")
    evidence = (post_evidence(direct), setting)
    if held is None:
        # Where nothing else fails, this is why it cannot be called healthy.
        latent = not answers.may_stream_answers(case)
        return rule.finding("possible", evidence, _UNTIL_ITS_END, latent=latent)
    confidence: Confidence = "confirmed" if addresses.leads_to(case, direct.probe) else "possible"
    return rule.finding(confidence, (post_evidence(held[0]), *evidence), _ANSWER)


def short_answer_finding(rule: Rule, case: Case) -> Finding | None:
    """A finite answer ended too soon to show that the config holds longer ones to their end."""
    results = streams.counted_probes(case.proxy)
    if not results or not all(map(_ended_soon, results)):
        return None
    live = next((result.timeline for result in streams.live_direct_probes(case)), None)
    if case.resolution is None or not answers.would_be_held(case, live):
        return None
    if answers.asks_for_no_buffering(live):
        return None
    setting = setting_evidence(case.resolution, f"{case.resolution.prefix}_buffering")
    return rule.finding("possible", (result_evidence(results[0]), setting), _SHORT_ANSWER)


def _ended_soon(result: ProbeResult) -> bool:
    timeline = result.timeline
    taken_s = (timeline.waited_s or 0.0) - connected_s(timeline)
    return result.outcome == "ended" and taken_s < SHORT_ANSWER_S and is_finite_answer(result)
