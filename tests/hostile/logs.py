"""Logs that must not hang, crash or mislead a run, and lines of them."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

from tests.hostile.configs import ESCAPE

COMBINED = '10.0.0.9 - - [{at}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"'
"""A line of Nginx's combined format."""


def combined(
    at: str = "27/Nov/2026:01:02:03 +0000",
    path: str = "/sse",
    status: object = 499,
    size: object = 0,
    agent: str = "curl",
) -> str:
    """One line of an access log."""
    return COMBINED.format(at=at, path=path, status=status, size=size, agent=agent)


DATES = [
    "00/Jan/0000:00:00:00 +0000", "01/Jan/0001:00:00:00 +0000", "31/Dec/9999:23:59:59 -9999",
    "31/Dec/9999:23:59:59 +9999", "99/Xyz/9999:99:99:99 +0000", "01/Jan/99999:00:00:00 +0000",
    "29/Feb/2025:00:00:00 +0000", "01/Jan/1990:00:00:00 -0000", "٠١/Jan/2026:00:00:00 +0000",
]  # fmt: skip
NUMBERS = ["-1", "9" * 4000, "1e308", "NaN", "²", "0x10", "", "-", "1.5"]
HUGE = "9" * 3900
KEYS = (
    "status", "request_uri", "time", "request_time", "body_bytes_sent", "upstream_status", "host",
)  # fmt: skip
VALUES: list[object] = [None, [], {}, -1, 1e308, ESCAPE, "502", 502, True, "9" * 1000]

LINES = [
    *(combined(at=date) for date in DATES),
    *(combined(status=number) for number in NUMBERS),
    *(combined(size=number) for number in NUMBERS),
    *(f"{date}T00:00:00Z [error] x" for date in ("0000-00-00", "9999-12-31", "99999-01-01")),
    *(f"{year}/12/31 23:59:59 [notice] 1#1: start worker processes" for year in ("0000", "9999")),
    *(f"Feb 29 00:00:{second} host nginx: x" for second in ("00", "60", "99")),
    combined(path=ESCAPE, agent=ESCAPE), combined(path="/" + "a" * 3000, agent="b" * 3000),
    f"2026/11/27 01:02:03 [error] 1#1: *1 upstream timed out (110: {ESCAPE}) while reading "
    f'response header from upstream, client: {ESCAPE}, server: {ESCAPE}, '
    f'request: "GET /{ESCAPE} HTTP/1.1", upstream: "http://{ESCAPE}/", host: "{ESCAPE}"',
    *(json.dumps(dict.fromkeys(KEYS, value)) for value in VALUES),
    '{"status": ' + HUGE + ', "bytes": ' + HUGE + "}", '{"ts": 9999999999, "status": 499}',
    '{"ts": 1e400, "status": 499}', '{"a":' * 1900, '{"log": "' + '{\\"log\\": ' * 200 + '"}',
    '{"status": 499, "status": 200, "uri": "\\ud800\\udfff\\u0000\\u202e"}', "{}", "{", "[]",
    "[" * 4000,
    '10.0.0.9 - - [x] "' + '\\"' * 1900 + '" 499 0', "1 " * 1900, "- " * 1900, "[" + "a" * 3900,
    '"' * 3900, ", host: " * 480, "- - - [" * 500, "GET / " * 600, " [pod/x] " * 400, "a | " * 900,
    "502, " * 780, "502 : 502, " * 350, 'rt="1" ' * 500, "=" * 3900, "(run=" * 700, "\t" * 3900,
    "ssewizard/1 (run=;", "message processing canceled, Client (" * 80, "WORKER TIMEOUT" * 200,
    "\x00\x1b\x07\x9b\u2028\u2029\ufeff\ufffe\U000e0001", "\u202e" * 3000, "é" * 3900, "😀" * 1900,
    "\r" * 3000, "\x0b\x0c\x1c\x1d\x1e\x85", "PROXY TCP4 " * 300, "PROXY UNKNOWN",
]  # fmt: skip
"""Each of them alone, and all together, is a log."""

Prepare = Callable[[Path], object]


def _sparse_with_end(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 30)
        file.seek(0, os.SEEK_END)
        file.write(f"{combined()}\n".encode())


FILES: dict[str, tuple[Prepare, str]] = {
    "100 GB of zeros, then a line": (_sparse_with_end, "1 line"),
    "one line of 10 MB": (lambda path: path.write_text("a " * 5_000_000), "1 line"),
    "lines of 10 MB that never end": (
        lambda path: path.write_bytes(b"\xff" * 10_000_000),
        "1 line",
    ),
    "a packed log": (lambda path: path.write_bytes(gzip.compress(b"a\n")), "compressed with gzip"),
    "a binary": (lambda path: path.write_bytes(bytes(range(256)) * 4000), "before the probes"),
    "UTF-16": (lambda path: path.write_text(combined() + "\n", "utf-16"), "1 line"),
    "empty": (lambda path: path.touch(), "it has no line at all"),
    "zeros": (lambda path: path.write_bytes(bytes(1 << 20)), "it has no line at all"),
    "a pipe": (os.mkfifo, "not a regular file"),
    "a directory": (lambda path: path.mkdir(), "a directory"),
    "a circle of links": (lambda path: path.symlink_to(path), "symbolic links"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "the kernel's messages": (lambda path: path.symlink_to("/proc/kmsg"), "not a regular file"),
    "one's own memory": (lambda path: path.symlink_to("/proc/self/mem"), "not a regular file"),
    "missing": (lambda path: None, "No such file"),
    "a million short lines": (
        lambda path: path.write_text("499\n" * 1_000_000),
        "the last 19999 lines",
    ),
    "all lines": (lambda path: path.write_text("\n".join(LINES)), "before the probes"),
}
"""How the log is made, and what must be said of it."""
