"""The eight steps of an investigation: ids, states and texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.text.messages import tr

StepId = Literal["root", "proxy", "direct", "logs", "config", "cause", "fix", "verify"]
STEPS: tuple[StepId, ...] = (
    "root", "proxy", "direct", "logs", "config", "cause", "fix", "verify",
)  # fmt: skip
State = Literal["todo", "running", "pass", "warn", "fail", "skip"]
STATE_WORDS: Mapping[State, str] = {
    "todo": tr("to do"),
    "running": tr("running"),
    "pass": tr("ok"),
    "warn": tr("look"),
    "fail": tr("fault"),
    "skip": tr("skipped"),
}
"""The word of each state in everything that people read; JSON has the ids."""


@dataclass(frozen=True, slots=True)
class StepState:
    """One step's state and the reason for it in one sentence."""

    id: StepId
    state: State = "todo"
    why: str = ""


@dataclass(frozen=True, slots=True)
class StepText:
    """The text of a step.

    Attributes:
        title: At most 16 characters, for the step list.
        proves: What its result proves, in one or two sentences.
        missing: The input without which it cannot run; empty if it needs none.
    """

    title: str
    proves: str
    missing: str = ""


STEP_TEXTS: Mapping[StepId, StepText] = {
    "root": StepText(
        tr("Root path"),
        tr(
            "If / answers at once, then DNS, TLS, the proxy and a backend behind it are alive, "
            "and what hangs is the stream alone."
        ),
    ),
    "proxy": StepText(
        tr("Proxied stream"),
        tr(
            "What a customer sees. Which probes hang (HTTP/1.1 or 2, with or without gzip) tells "
            "what holds the stream: Nginx treats them differently."
        ),
    ),
    "direct": StepText(
        tr("Direct stream"),
        tr(
            "The same request past the proxy. Live here and held there: the stream stops on the "
            "way through the proxy. Held here too: look at the backend, no Nginx setting makes "
            "it send."
        ),
        tr(
            "the backend's own URL, as Nginx reaches it: http://host:port/sse, or "
            "unix:/PATH/SOCKET:/sse (FastCGI, uwsgi and SCGI have none)"
        ),
    ),
    "logs": StepText(
        tr("Logs"),
        tr(
            'A held stream leaves 499 with 0 bytes in the access log; a cut one leaves "upstream '
            'timed out" in the error log; "message processing canceled" at the backend is a '
            "consequence, never a cause."
        ),
        tr("a log file: Nginx's access.log or error.log, or the backend's"),
    ),
    "config": StepText(
        tr("Nginx config"),
        tr(
            "Which server and location serve this path, which settings are in force there and "
            "where each comes from, and what Nginx will hold because of them."
        ),
        tr("the config: nginx.conf, a saved `nginx -T` dump, or a local `nginx -T`"),
    ),
    "cause": StepText(
        tr("Cause"),
        tr(
            "What was measured, what the config predicts, and where the two agree: the cause, "
            "with what separates it from its look-alikes."
        ),
    ),
    "fix": StepText(
        tr("Fix"),
        tr(
            "The block to paste, derived from the location that serves today so that its guards "
            "and headers stay; a reason for every line; a diff for `patch -p0`."
        ),
    ),
    "verify": StepText(
        tr("Verify"),
        tr(
            "After your reload: the same requests again, before and after side by side. Old "
            "workers keep the old config for open streams, so only a new connection proves "
            "anything."
        ),
    ),
}
