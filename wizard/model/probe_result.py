"""The result of a probe: its timeline with its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.model.comparison import Comparison
from wizard.model.timeline import Timeline
from wizard.text.messages import tr


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The timeline of one probe, its outcome, and the reason for that in one sentence.

    Attributes:
        outcome: `answered` (a response to the root path, of any status), `live` (events came),
            `late` (all at once, long after the direct probe), `bursts` (many events at one moment
            that were sent one by one), `tail-held` (the end of an event does not come), `stalled`
            (no further events, while the direct probe has many), `held` (no headers),
            `events-held` (headers, no event), `headers-held` (no headers, while the direct probe
            has headers and no event), `silent` (headers, no event, and none was expected),
            `no-event` (bytes, but not the expected event), `cut` (broken connection), `ended`
            (a proper end), `status` (another status than 200), `redirect`, `not-a-stream`,
            `refused` (no connection, no TLS, no address), `not-offered` (the server did not
            negotiate HTTP/2), `not-asked` (the vantage could not make the request), `running`,
            `interrupted` (the step was left before the outcome was known, or it is not judged, see
            `is_unjudged`). And those of `UNREADABLE_OUTCOMES`.
        arrivals: The arrivals beside those of the direct probe; None without a live one.
    """

    timeline: Timeline
    outcome: "Outcome"
    why: str = ""
    arrivals: Comparison | None = None

    @property
    def was_made(self) -> bool:
        """True if the request was made, over the HTTP version of the probe."""
        return self.outcome not in ("not-offered", "not-asked")

    @property
    def was_left(self) -> bool:
        """True if the step was left before the outcome was known."""
        return self.outcome == "interrupted" and self.timeline.ended is None

    @property
    def is_unjudged(self) -> bool:
        """True if this machine was too busy to tell what the stream does."""
        return self.outcome == "interrupted" and self.timeline.ended is not None

    @property
    def outcome_label(self) -> str:
        """The outcome for display: `HTTP 502` for a status, the reason for a refused connection."""
        if self.outcome == "status":
            return f"HTTP {self.timeline.status}"
        if self.outcome == "refused":
            return _REFUSAL_LABELS.get(self.timeline.ended or "", tr("refused"))
        if self.is_unjudged:
            return tr("not judged")
        return UNREADABLE_OUTCOMES.get(self.outcome, self.outcome_word)

    @property
    def outcome_word(self) -> str:
        """The outcome's own word; JSON has its id."""
        return OUTCOME_WORDS[self.outcome]


Outcome = Literal[
    "running", "interrupted", "answered", "live", "late", "bursts", "tail-held", "stalled",
    "held", "events-held", "headers-held",
    "silent", "no-event", "cut", "ended", "status", "redirect", "not-a-stream", "refused",
    "not-offered", "not-asked",
    "not-http", "undecodable", "partial-head", "only-interim", "not-sent",
]  # fmt: skip
_REFUSAL_LABELS = {"dns": tr("no address"), "tls": tr("TLS failed"), "timeout": tr("no answer")}
UNREADABLE_OUTCOMES: Mapping[str, str] = {
    "not-http": tr("not HTTP"),
    "undecodable": tr("undecodable"),
    "partial-head": tr("partial head"),
    "only-interim": tr("only 1xx"),
    "not-sent": tr("never sent"),
}
"""Outcomes of probes that show nothing about the delivery of the stream, and their labels: bytes
came that are no HTTP (or came before the request was sent), a body that cannot be decoded, a part
of the headers, interim answers alone; or the request was not sent whole."""
OUTCOME_WORDS: Mapping[str, str] = {
    "running": tr("running"),
    "interrupted": tr("interrupted"),
    "answered": tr("answered"),
    "live": tr("live"),
    "late": tr("late"),
    "bursts": tr("bursts"),
    "tail-held": tr("tail-held"),
    "stalled": tr("stalled"),
    "held": tr("held"),
    "events-held": tr("events-held"),
    "headers-held": tr("headers-held"),
    "silent": tr("silent"),
    "no-event": tr("no-event"),
    "cut": tr("cut"),
    "ended": tr("ended"),
    "status": tr("status"),
    "redirect": tr("redirect"),
    "not-a-stream": tr("not-a-stream"),
    "refused": tr("refused"),
    "not-offered": tr("not-offered"),
    "not-asked": tr("not-asked"),
    "not-http": tr("not-http"),
    "undecodable": tr("undecodable"),
    "partial-head": tr("partial-head"),
    "only-interim": tr("only-interim"),
    "not-sent": tr("not-sent"),
    "undecided": tr("undecided"),
}
"""The word of each outcome, also of what a config predicts, in everything that people read."""
REFUSED_STATUSES = frozenset({429, 503})
"""How a server refuses a request that exceeds a limit."""
PARTLY_HELD_OUTCOMES: frozenset[str] = frozenset({"late", "bursts", "tail-held", "stalled"})
"""The outcomes of streams of which some data came."""
DELAYED_OUTCOMES: frozenset[str] = frozenset({"held", "events-held", "headers-held", "late"})
"""The outcomes of streams whose beginning is late or missing, which a slow peer or a limit explains
as well as a buffer does."""
HELD_OUTCOMES = PARTLY_HELD_OUTCOMES | DELAYED_OUTCOMES
