"""Builders of logs from before the probes, as the wizard reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from wizard.logs.history import HistoryBuilder
from wizard.logs.timestamps import HostClock
from wizard.model.case import Case
from wizard.model.log_report import LogReport

BEGAN = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""When the probes of these cases began."""


def with_history(case: Case, *texts: str, file: str = "before.log") -> Case:
    """Add a log with these older lines to the case."""
    builder = HistoryBuilder(HostClock(zone_s=0, skew_s=0.0), BEGAN.timestamp())
    builder.add(texts)
    report = LogReport(file, history=builder.history())
    return replace(case, started=BEGAN.timestamp(), logs=(*case.logs, report))


def error_line(
    message: str,
    request: str = "POST /message?sessionId=1",
    *,
    minutes: float = 10,
    host: str = "127.0.0.1:8081",
    level: str = "error",
) -> str:
    """A line of Nginx's error log, written this many minutes before the probes began."""
    at = (BEGAN - timedelta(minutes=minutes)).strftime("%Y/%m/%d %H:%M:%S")
    context = f'client: 10.0.0.1, server: _, request: "{request} HTTP/1.1"'
    upstream = 'upstream: "http://127.0.0.1:12213/message"'
    return f'{at} [{level}] 7#7: *1 {message}, {context}, {upstream}, host: "{host}"'


def notice_line(message: str, *, minutes: float = 10) -> str:
    """A line of the error log at level notice, which is about no request."""
    at = (BEGAN - timedelta(minutes=minutes)).strftime("%Y/%m/%d %H:%M:%S")
    return f"{at} [notice] 7#7: {message}"


def ingress_line(
    status: int,
    took: float,
    request: str = "POST /message?sessionId=1",
    *,
    minutes: float = 10,
    size: int = 167,
    sent: int = 0,
    upstream_status: str = "",
    http: str = "1.1",
) -> str:
    """A line in ingress-nginx's format; `sent` is what the upstream had sent, in bytes."""
    at = (BEGAN - timedelta(minutes=minutes)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    answered = upstream_status or str(status)
    head = f'10.0.0.1 - - [{at}] "{request} HTTP/{http}" {status} {size} "-" "mcp/1"'
    tail = f"211 {took:.3f} [prod-bot-80] [] 10.1.2.3:80 {sent} {took:.3f} {answered} 08e32a227fd0"
    return f"{head} {tail}"
