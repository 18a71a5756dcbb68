"""A lab scenario: one TOML file in `scenarios/`, and the nginx.conf made from it."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from wizard.model.diagnosis import Verdict
from wizard.text.display import comma_list, safe
from wizard.text.errors import LabError
from wizard.text.messages import tr


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the lab's backend does, as a real backend with its faults.

    Attributes:
        framing: How an HTTP/1.1 response is framed; an HTTP/1.0 response ends by close.
        first_s: Seconds before the first event; None never sends one.
        flush: True sends the headers at once, False with the first event.
        every_s: Seconds between the messages that follow; None sends none.
        ping_s: Seconds between ping comments; None sends none.
        message_bytes: The size of each of these messages at least, in bytes.
        tools_bytes: The size of the reply to `tools/list` at least, in bytes.
        events: Number of messages after which the stream ends; None never ends it.
        gzip: True compresses for a client that accepts gzip, and never flushes the compressor.
        headers: Further response headers.
        message_s: Seconds before the reply to a POSTed request.
        posts: True speaks Streamable HTTP: a POST to `/sse` is answered in its own response.
        credential: The Authorization header without which the answer is 401; empty requires none.
        refuses_upgrade: True answers 400 to a POST with `Connection: upgrade`.
        ends_early: True ends the stream after its first event where it is asked with HTTP/1.0 or
            `Connection: close`.
        websocket: `beside` opens a WebSocket for a request that asks for one, and streams for any
            other; `only` answers 426 to all others.
    """

    framing: Literal["chunked", "close"] = "chunked"
    first_s: float | None = 0.0
    flush: bool = True
    every_s: float | None = 0.5
    ping_s: float | None = None
    message_bytes: int = 0
    tools_bytes: int = 0
    events: int | None = None
    gzip: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    message_s: float = 0.0
    posts: bool = False
    credential: str = ""
    refuses_upgrade: bool = False
    ends_early: bool = False
    websocket: Literal["", "beside", "only"] = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One incident as data; the lab and the tests share it.

    Attributes:
        title: One line, shown by `ssewizard lab --list`.
        story: What happened, in a few sentences.
        server: The inside of the `server` block. Placeholders are filled in: `$LISTEN`,
            `$BACKEND`, `$BACKEND_PORT` (its port alone), `$CLOSED` (a port where nothing
            listens), `$SECOND` (a second process of the same backend, with sessions of its own),
            `$STUCK` (a port where connecting never completes), `$CERT` and `$KEY`.
        verdict: The verdict that `check` must reach.
        expected: The ids of the causes that `check` must name, the primary cause first.
        risks: The ids of the risks that `check` must list.
        http: Lines at the http level.
        path: The stream's path in the URL that the wizard gets.
        diff_proves: False if the recommended diff, applied, does not reach a passed verify step,
            although the rule has settings (a name or an address must be filled in, say).
        options: Options of the target that the scenario needs: `stall`, `patience`, in seconds, and
            `upgrade`.
        fixed: The same scenario after the fix: `check` must no longer name the expected causes.
            In the file, a table `[fixed]` with the keys of `server`, `http`, `path`, `backend` and
            `never` that differ.
    """

    name: str
    title: str
    story: str
    server: str
    verdict: Verdict
    expected: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    http: str = ""
    path: str = "/sse"
    tls: bool = False
    backend: Behaviour = field(default_factory=Behaviour)
    options: Mapping[str, float] = field(default_factory=dict)
    diff_proves: bool = True
    fixed: "Scenario | None" = None

    def uses(self, placeholder: str) -> bool:
        """True if the config contains this placeholder."""
        return placeholder in self.server or placeholder in self.http


@lru_cache(maxsize=1)
def list_scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios, `incident` first, then by name."""
    folder = files("wizard.lab") / "scenarios"
    scenarios = [
        _from_toml(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(scenarios, key=lambda item: (item.name != "incident", item.name)))


def scenario_named(name: str) -> Scenario:
    """Return the scenario of that name. Raises `LabError` listing the names that exist."""
    for scenario in list_scenarios():
        if scenario.name == name:
            return scenario
    names = comma_list(scenario.name for scenario in list_scenarios())
    raise LabError(tr("no scenario {name!r}; there are {names}", name=safe(name, 60), names=names))


def _from_toml(name: str, data: Mapping[str, Any]) -> Scenario:
    scenario, fixed = _without_fix(name, data), data.get("fixed")
    if fixed is None:
        return scenario
    return replace(scenario, fixed=_without_fix(f"{name}, fixed", {**data, **fixed}))


def _without_fix(name: str, data: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name,
        data["title"],
        data["story"].strip(),
        data["server"].strip("\n"),
        data["verdict"],
        tuple(data.get("expected", ())),
        tuple(data.get("risks", ())),
        data.get("http", "").strip("\n"),
        data.get("path", "/sse"),
        data.get("tls", False),
        # TOML has no null: `never` lists the keys of the backend that are None.
        Behaviour(**{**data.get("backend", {}), **dict.fromkeys(data.get("never", ()))}),
        data.get("options", {}),
        data.get("diff_proves", True),
    )


CONF_FRAME = """\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{
    worker_connections 256;
}}
http {{
    access_log access.log combined;
    client_body_temp_path temp_body;
    proxy_temp_path temp_proxy;
    fastcgi_temp_path temp_fastcgi;
    uwsgi_temp_path temp_uwsgi;
    scgi_temp_path temp_scgi;
{http}    server {{
{server}
    }}
}}
"""
"""What an unprivileged Nginx needs around the server block."""


def nginx_conf(
    scenario: Scenario,
    listen: int,
    backend: int,
    closed: int,
    certificate: tuple[Path, Path] | None = None,
    *,
    second: int = 0,
    stuck: int = 0,
) -> str:
    """Return the scenario's whole nginx.conf for these ports; `certificate` is (cert, key)."""
    ports = {"LISTEN": listen, "BACKEND": backend, "CLOSED": closed}
    ports |= {"SECOND": second, "STUCK": stuck}
    values = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    values |= zip(("CERT", "KEY"), map(str, certificate or ("", "")), strict=True)
    values = {"BACKEND_PORT": str(backend), **values}
    # Started by root, Nginx runs its workers as nobody, who cannot write to our directory.
    user = "user root;\n" if os.geteuid() == 0 else ""
    server = _indented(scenario.server, 8).rstrip("\n")
    text = CONF_FRAME.format(user=user, http=_indented(scenario.http, 4), server=server)
    for name, value in values.items():
        text = text.replace(f"${name}", value)
    return text


def _indented(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}\n" if line.strip() else "\n" for line in text.splitlines())
