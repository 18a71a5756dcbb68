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
            "If / answers at once, then DNS, TLS, the proxy and a backend behind it work, and "
            "only the stream hangs."
        ),
    ),
    "proxy": StepText(
        tr("Proxied stream"),
        tr(
            "This is what a customer sees. Which requests hang (HTTP/1.1 or 2, with or without "
            "gzip) tells what holds the stream: Nginx treats them differently."
        ),
    ),
    "direct": StepText(
        tr("Direct stream"),
        tr(
            "The same request, sent to the backend without the proxy. Live here and held there: "
            "the proxy is at fault. Held here too: look at the backend, no Nginx setting helps."
        ),
        tr(
            "the backend's own URL, at the address that Nginx uses: http://host:port/sse, or "
            "unix:/PATH/SOCKET:/sse (FastCGI, uwsgi and SCGI have none)"
        ),
    ),
    "logs": StepText(
        tr("Logs"),
        tr(
            "A held stream leaves 499 with 0 bytes in the access log. A cut stream leaves "
            '"upstream timed out" in the error log. "message processing canceled" at the '
            "backend is a consequence, not a cause."
        ),
        tr("a log file: Nginx's access.log or error.log, or the backend's"),
    ),
    "config": StepText(
        tr("Nginx config"),
        tr(
            "Which server and location serve this path, which settings apply there, where each "
            "is set, and what Nginx holds because of them."
        ),
        tr("the config: nginx.conf, a saved `nginx -T` dump, or a local `nginx -T`"),
    ),
    "cause": StepText(
        tr("Cause"),
        tr(
            "The cause: what was measured, what the config predicts, and what tells this cause "
            "from similar ones."
        ),
    ),
    "fix": StepText(
        tr("Fix"),
        tr(
            "The block to paste. It keeps the access rules and headers of the location that "
            "serves the path today. Each new line has its reason; a diff for `patch -p0` "
            "follows."
        ),
    ),
    "verify": StepText(
        tr("Verify"),
        tr(
            "After your reload, the same requests are sent again and compared with those "
            "before. Open streams stay with old workers and the old config, so only new "
            "connections count."
        ),
    ),
}
