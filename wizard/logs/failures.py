"""Count the requests of others that failed, by what failed and for which path."""

from dataclasses import replace

from wizard.logs.parsed_line import ParsedLine
from wizard.model.log_report import LoggedFailure
from wizard.text.display import clip, safe

TAGS = frozenset(
    {
        "gateway",
        "backend-error",
        "read-timeout",
        "header-timeout",
        "connect-failed",
        "no-live-peer",
        "resolver-missing",
        "name-unresolved",
        "upstream-tls",
        "upstream-header-too-big",
        "premature-close",
        "invalid-answer",
        "invalid-header",
        "request-header-too-large",
        "body-too-large",
        "proxy-protocol",
    }
)
"""The tags of lines about a request that failed."""
MAX_KINDS = 100
"""How many kinds of failures are kept: the ones that were seen last."""
_MAX_TEXT = 600
"""How many characters are kept of a line."""
_Key = tuple[str, str, str, str, str, str, int | None]


class FailureCounter:
    """Counts failures of one log; its memory has a limit, whatever is added."""

    def __init__(self) -> None:
        self._failures: dict[_Key, LoggedFailure] = {}

    def add(self, parsed: ParsedLine, text: str, at: float | None) -> None:
        """Count this line if it is about a failure; `at`: its time, in seconds since the epoch."""
        if parsed.tag not in TAGS:
            return
        method, path, host = parsed.method[:20], parsed.path[:300], parsed.host[:100]
        key = (parsed.kind, parsed.tag, parsed.meaning, method, path, host, parsed.port)
        before = self._failures.pop(key, None)
        waited = () if parsed.waited_s is None else (parsed.waited_s,)
        waits = (*(before.waits if before else ()), *waited)
        self._failures[key] = LoggedFailure(
            parsed.kind,
            parsed.tag,
            parsed.meaning,
            method,
            path,
            host,
            parsed.port,
            parsed.status,
            before.count + 1 if before else 1,
            at if at is not None or before is None else before.last,
            (min(waits), max(waits)) if waits else (),
            clip(text, _MAX_TEXT),
            parsed.sign,
        )
        if len(self._failures) > MAX_KINDS:
            del self._failures[next(iter(self._failures))]

    def failures(self) -> tuple[LoggedFailure, ...]:
        """The failures, those first that were seen last; without secrets."""
        return tuple(map(_redacted, reversed(self._failures.values())))


def _redacted(failure: LoggedFailure) -> LoggedFailure:
    return replace(
        failure,
        method=safe(failure.method),
        path=safe(failure.path),
        host=safe(failure.host),
        text=safe(failure.text),
    )
