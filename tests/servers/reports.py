"""Incidents rebuilt from the kinds of reports that users file: the TOML files in `reports/`.

Keys of a file, with placeholders for the ports (`$PORT` of Nginx, the backends' names) and
`$FOLDER`:

    title             what happens
    nginx             on which Nginx: `old`, `new` or both
    path, direct      the stream's path at Nginx and at the first backend (the same if not given)
    requires          files that must be installed, modules of Nginx, say
    options           further options of `ssewizard check`
    main, http, server  directives of the main, http and server blocks
    tls               True serves HTTPS, also over HTTP/2
    files             files under `$FOLDER`, with their text
    customers         requests that are sent before the check: method, path, body
    wanted            the causes of which the first one named must be one; empty for a stream that
                      is well
    seen_with         the least evidence with which it can be seen: `url` (if not given), `direct`
                      or `all`; with less, a healthy answer is no mistake
    may_be_inconclusive  True if all evidence together need not be enough
    xfail             why the answer is known to be wrong so far
    backends          name and routes of each backend (see `programs/incident_backend.py`)
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.fronts import nginx
from tests.servers.running import Answer, Place, fill, free_ports, running, running_front

FOLDER = Path(__file__).parent / "reports"
BACKEND = Path(__file__).parent / "programs" / "incident_backend.py"


@dataclass(frozen=True, slots=True)
class Backend:
    name: str
    routes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Report:
    """One incident; the module explains its fields."""

    name: str
    title: str
    nginx: tuple[str, ...]
    path: str
    wanted: frozenset[str]
    server: str
    backends: tuple[Backend, ...]
    direct: str = ""
    options: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    main: str = ""
    http: str = ""
    tls: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    customers: tuple[tuple[str, str, str], ...] = ()
    seen_with: str = "url"
    may_be_inconclusive: bool = False
    xfail: str = ""

    def wrong(self, answer: Answer) -> str:
        """Return what is wrong with this answer, or an empty text."""
        first = answer.causes[0][0] if answer.causes and answer.verdict == "fault" else ""
        if others := [cause for cause in answer.accused if cause not in self.wanted]:
            return f"names {others}"
        if first and first not in self.wanted:
            return f"names {first}"
        if self.wanted and answer.has_at_least(self.seen_with) and answer.verdict == "healthy":
            return "healthy"
        if answer.evidence == "all" and not self.may_be_inconclusive:
            wanted = "fault" if self.wanted else "healthy"
            return "" if answer.verdict == wanted else f"{answer.verdict}, not {wanted}"
        return ""


def load(path: Path) -> Report:
    """Read one file. Raises `TypeError` for an unknown or missing key."""
    keys = tomllib.loads(path.read_text("utf-8"))
    keys["backends"] = tuple(Backend(**backend) for backend in keys["backends"])
    keys["customers"] = tuple(tuple(request) for request in keys.get("customers", ()))
    for name in ("nginx", "options", "requires"):
        keys[name] = tuple(keys.get(name, ()))
    keys["wanted"] = frozenset(keys["wanted"])
    return Report(path.stem, **keys)


REPORTS = tuple(load(path) for path in sorted(FOLDER.glob("*.toml")))


@contextmanager
def running_report(report: Report, age: str, folder: Path) -> Iterator[Place]:
    """Run the backends and Nginx, and send the customers' requests."""
    port, *numbers = free_ports(1 + len(report.backends))
    names = [backend.name for backend in report.backends]
    ports = dict(zip(names, numbers, strict=True))
    values = {name: str(number) for name, number in {"PORT": port, **ports}.items()}
    for path, text in report.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    front = nginx(
        age, report.name, report.server, http=report.http, main=report.main, tls=report.tls
    )
    with ExitStack() as stack:
        for backend in report.backends:
            routes = fill(json.dumps(backend.routes), values)
            number = ports[backend.name]
            command = (sys.executable, str(BACKEND), str(number), routes)
            log = folder / f"{backend.name}.out"
            stack.enter_context(running(command, number, folder, {}, log))
        stack.enter_context(running_front(front, port, ports, folder))
        base = f"{front.scheme}://127.0.0.1:{port}"
        for method, path, body in report.customers:
            request(method, base + path, body)
        direct = f"http://127.0.0.1:{numbers[0]}{report.direct or report.path}"
        yield Place(base + report.path, direct, folder)


def request(method: str, url: str, body: str) -> None:
    """Send a customer's request and wait for its answer."""
    words = ("curl", "-sk", "-m", "10", "-o", "/dev/null", "-X", method, "-d", body, url)
    subprocess.run((*words, "-H", "Content-Type: application/json"), check=False, timeout=20)
