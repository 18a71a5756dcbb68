"""Case files that are refused in one sentence, or shown with what was seen in them."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.cases.whole import CONTROL, as_bytes, whole_case
from wizard.investigation.casefile import MAX_FILE_BYTES

WHOLE = as_bytes(whole_case())
_START = b'{"schema": "ssewizard.case/5", "case": {"target": {"url": "http://h/"}'


@dataclass(frozen=True, slots=True)
class Input:
    """One file: how it comes to be, and what must be said of it.

    Attributes:
        create: Creates the file of this path.
        problem: What the error says (several ways, by `|`); empty if the case can be shown.
    """

    name: str
    create: Callable[[Path], object]
    problem: str = ""


def holds(name: str, data: bytes, problem: str = "") -> Input:
    """A file with these bytes."""
    return Input(name, lambda path: path.write_bytes(data), problem)


def with_config(name: str, text: str, path: str = "/sse", problem: str = "") -> Input:
    """A case with this config, and a request for this path."""
    document = whole_case()
    document["configs"][0]["texts"] = {"a": text}
    document["resolutions"]["resolution"]["request"]["path"] = path
    return holds(name, as_bytes(document), problem)


def with_value(name: str, value: Any, *keys: Any) -> Input:
    """A case with another value at this place."""
    document = whole_case()
    holder = document
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    return holds(name, as_bytes(document))


def _many(count: int, item: str) -> bytes:
    return _START + f', "logs": [{", ".join([item] * count)}]}}}}'.encode()


def _no_permission(path: Path) -> None:
    path.write_bytes(WHOLE)
    path.chmod(0)


FORGED = (
    holds("whole", WHOLE),
    holds("byte order mark", b"\xef\xbb\xbf" + WHOLE),
    holds("one key repeated", _START + b"}" + b', "saved": 1' * 100_000 + b"}"),
    holds("one unknown key repeated", _START + b"}" + b', "x": 1' * 100_000 + b"}"),
    holds("one wide character",
          _START + b'}, "tool": "' + b"a" * 9_000_000 + "😀".encode() + b'"}'),
    holds("escapes", as_bytes(whole_case(CONTROL))),
    holds("many reports of a log", _many(100_000, '{"file": "x"}')),
    holds(
        "many failures", _many(1, '{"file": "x", "failures": [' + ", ".join(
            ['{"kind": "error", "tag": "gateway", "meaning": "x"}'] * 60_000) + "]}"),
    ),
    with_value("times out of order", [{"at": 5, "size": 1}, {"at": -3, "size": -1}],
               "case", "proxy", 0, "timeline", "arrivals"),
    with_value("negative wait", -5, "case", "proxy", 0, "timeline", "waited_s"),
    with_value("status beyond a status", 2**53, "case", "proxy", 0, "timeline", "status"),
    with_value("evil path", "../../../etc/shadow\x1b[2J", "case", "target", "conf", "locator"),
    with_value("evil command", ["rm", "-rf", "/\n"], "case", "target", "logs", 0, "command"),
    with_config("config includes itself", "include a;\n" * 9, problem="configs[0]: "),
    with_config("config includes a device", "include /dev/zero; http { server { } }"),
    with_config("config with an endless regex",
                "http { server { location ~ ^/(a+)+$ { return 200; } } }", "/" + "a" * 60 + "!"),
    with_config("config not closed", "http {", problem="configs[0]: a:1"),
    with_config("config nested deeply", "http {" * 5_000, problem="configs[0]: "),
    with_config("config with many locations", "http { server { listen 80; " + "".join(
        f"location /{at} {{ return 200; }}\n" for at in range(5_000)) + "} }"),
)  # fmt: skip
REFUSED = (
    holds("empty", b"", "not JSON"),
    holds("truncated", WHOLE[:-2000], "not JSON"),
    holds("gzip", gzip.compress(WHOLE), "not JSON"),
    holds("UTF-16", WHOLE.decode().encode("utf-16"), "not JSON"),
    holds("Latin-1", WHOLE.replace(b'"tool": "x"', b'"tool": "\xe9"'), "not a text in UTF-8"),
    holds("NaN", WHOLE.replace(b'"saved": 1', b'"saved": NaN'), "not JSON"),
    holds("a number of 5000 digits", WHOLE.replace(b'"saved": 1', b'"saved": ' + b"9" * 5000),
          "saved: number out of range"),
    holds("a float beyond floats", WHOLE.replace(b'"saved": 1', b'"saved": 1e999'),
          "saved: number out of range"),
    holds("a lone surrogate", WHOLE.replace(b'"tool": "x"', b'"tool": "\\ud800"'), "not JSON"),
    holds("nested deeply", b'{"a":' * 1_000_000, "nested too deeply"),
    holds("lists nested deeply", _START + b', "x": ' + b"[" * 5_000_000, "nested too deeply"),
    holds("62 MB of objects", b"[" + b"{}," * 20_000_000, "larger than 16 MiB"),
    holds("15 MB of objects", b"[" + b"{}," * 5_000_000 + b"{}]", "more than 500,000 values"),
    holds("a quote that is not closed", b'"' + b'\\"' * 8_000_000, "not JSON"),
    holds("a step repeated", as_bytes({**whole_case(), "steps": [{"id": "root"}] * 2}),
          "it lists a step twice"),
    holds("a million steps", _START + b'}, "steps": [' + b'{"id":"root"},' * 200_000 + b"{}]}",
          "more than 500,000 values"),
    holds("an old schema", b'{"schema": "ssewizard.case/1"}', "is of another version"),
    holds("a report", b'{"schema": "ssewizard.report/2"}', "this is a report, not a case"),
    holds("another schema", b'{"schema": {"a": 1}}', "schema: it must be ssewizard.case/5"),
    Input("sparse", lambda path: _sparse(path), "larger than 16 MiB"),
    Input("directory", lambda path: path.mkdir(), "not a regular file"),
    Input("FIFO", os.mkfifo, "not a regular file"),
    Input("device", lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    Input("file of the kernel", lambda path: path.symlink_to("/proc/kmsg"),
          "cannot be read|not a regular"),
    Input("link to itself", lambda path: path.symlink_to(path), "cannot be read"),
    Input("no permission", _no_permission, "cannot be read|"),
)  # fmt: skip


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 1000)
