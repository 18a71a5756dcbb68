"""An input: a hostile server, and what must and must not be said about it; how it is checked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.run import assert_well_behaved, run
from tests.hostile.servers.script import REQUEST, Repeat, Script, serving
from tests.hostile.servers.tls import PLAIN, Certificate, Tls

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EVENT = b"data: 1\n\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LIVE: Script = (REQUEST, CHUNKED, Repeat(chunk(EVENT), every_s=0.1))
"""A well-behaved stream."""
HELD_CAUSES = frozenset({
    "cache-replay", "gzip-plus-buffering", "idle-headers-held", "outer-compression",
    "outer-proxy-buffers", "proxy-buffering-hold", "response-filter", "xab-ignored",
})  # fmt: skip
"""The failure modes by which something holds a stream."""


@dataclass(frozen=True, slots=True)
class Input:
    """One hostile server.

    Attributes:
        script: What the server at the public URL does.
        words: What must be in the report. Alternatives are divided by a bar.
        absent: What must not be in the report.
        verdicts: The verdicts that are right.
        never: The causes that must not be named; those that hold a stream by default.
        direct: The script of the backend, which is asked with `--direct`; None for no backend. With
            one, the config of a proxy that buffers is given too, so that a held stream has a cause.
        tls: How the server at the public URL speaks TLS, if it does.
        by_protocol: Other scripts, for clients with which a protocol is agreed by ALPN.
        options: Further keys of the target.
    """

    name: str
    script: Script
    words: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    verdicts: frozenset[str] = frozenset({"fault", "inconclusive"})
    never: frozenset[str] = HELD_CAUSES
    direct: Script | None = None
    tls: Tls = PLAIN
    by_protocol: Mapping[str, Script] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    path: str = "/sse"
    scheme: str = ""

    @property
    def is_flood(self) -> bool:
        """Whether it sends without end as fast as it can."""
        endless = (act for act in self.script if isinstance(act, Repeat) and not act.times)
        return any(not act.every_s for act in endless)


ANY = frozenset({"healthy", "fault", "inconclusive"})
"""For a stream that is right, or that a client cannot tell from a right one. Nothing is asserted of
its causes: where the machine of the test is busy, it is late indeed."""


def check_inputs(
    inputs: Sequence[Input], folder: Path, parallel: int = 3, stall_s: float = 1.5
) -> None:
    """Check all of them with one process, and assert what each must lead to."""
    with _running(inputs, folder) as targets:
        file = folder / "targets.toml"
        file.write_text("\n".join(map(_table, targets)))
        words = ("--targets", str(file), "--format", "json", "--parallel", str(parallel))
        env = {"SSL_CERT_FILE": str(Certificate.authority_file(folder))}
        result = run("check", *words, "--stall", str(stall_s), env=env, longest_s=120)
    assert_well_behaved(result)
    reports = {each["name"]: each["report"] for each in json.loads(result.out)["targets"]}
    problems = [(each.name, why) for each in inputs for why in _problems(each, reports[each.name])]
    assert not problems, "\n".join(f"{name}: {why}" for name, why in problems)


CONFIG = "events {{}}\nhttp {{ server {{ listen {0}; location / {{ proxy_pass {1}; }} }} }}\n"
"""The config of a proxy at one port that passes everything on to one backend, with buffering."""


@contextmanager
def _running(inputs: Sequence[Input], folder: Path) -> Iterator[list[dict[str, object]]]:
    with ExitStack() as stack:
        targets = list[dict[str, object]]()
        for each in inputs:
            port = stack.enter_context(serving(each.script, each.tls.context(), each.by_protocol))
            scheme = each.scheme or ("https" if each.tls is not PLAIN else "http")
            target: dict[str, object] = {
                "name": each.name,
                "url": f"{scheme}://127.0.0.1:{port}{each.path}",
            }
            if each.direct is not None:
                backend = f"http://127.0.0.1:{stack.enter_context(serving(each.direct))}"
                config = folder / f"{port}.conf"
                config.write_text(CONFIG.format(port, backend))
                target |= {"direct": [backend + each.path], "conf": str(config)}
            targets.append(target | dict(each.options))
        yield targets


def _table(target: Mapping[str, object]) -> str:
    # JSON's strings, lists and booleans are TOML's too.
    return "[[target]]\n" + "".join(f"{key} = {json.dumps(target[key])}\n" for key in target)


def _problems(each: Input, report: Any) -> Iterator[str]:
    """What is wrong with the report, one sentence each."""
    # What a reader sees; the names and values of fields are none of the words.
    text = json.dumps(report, ensure_ascii=False)
    causes = [(cause["id"], cause["confidence"]) for cause in report["causes"]]
    shown = f"{report['verdict']}, {causes}, {report['summary']}, {_outcomes(report)}"
    if report["verdict"] not in each.verdicts:
        yield f"the verdict is {shown}"
    if each.verdicts != ANY and (wrong := [cause for cause, _ in causes if cause in each.never]):
        yield f"it names {wrong}: {shown}"
    for word in each.words:
        if not any(choice in text for choice in word.split("|")):
            yield f"it does not say {word!r}: {shown}"
    for word in each.absent:
        if word in text:
            yield f"it says {word!r}: {shown}"


def _outcomes(report: Any) -> list[str]:
    runs = [run for check in report["checks"] for run in check["runs"]]
    return [f"{run['label']}: {run['outcome']}: {run['why']}" for run in runs]
