"""Resolutions, cases and diagnoses built by hand, for tests without Nginx and config reader."""

import subprocess
from collections.abc import Mapping, Sequence

from tests.tools import require
from wizard.model.case import Case
from wizard.model.config import Config, Directive, Position
from wizard.model.diagnosis import Diagnosis, Finding, Fix, Recommendation
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import (
    LocationRef,
    Request,
    RequestResolution,
    ServerRef,
    Setting,
    Upstream,
)
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.nginx.servers import choose_server, merges_slashes
from wizard.recommend.source import COMMENT, Statement, read_statements


def directives(
    texts: Mapping[str, str], file: str, via: tuple[Position, ...] = ()
) -> tuple[Directive, ...]:
    """The tree of a config's text, includes by plain name followed."""
    return _tree(texts, file, read_statements(texts[file]), via)


def _tree(
    texts: Mapping[str, str], file: str, statements: Sequence[Statement], via: tuple[Position, ...]
) -> tuple[Directive, ...]:
    tree: list[Directive] = []
    for statement in statements:
        where = Position(file, statement.line)
        if statement.name == "include" and statement.args[0] in texts:
            tree += directives(texts, statement.args[0], (*via, where))
        elif statement.name != COMMENT:
            end = statement.line + texts[file].count("\n", statement.start, statement.end)
            block = (
                None if statement.opened is None else _tree(texts, file, statement.children, via)
            )
            tree.append(Directive(statement.name, statement.args, where, end, block, via))
    return tuple(tree)


def _walk(block: Sequence[Directive]) -> Sequence[Directive]:
    return [inner for line in block for inner in (line, *_walk(line.block or ()))]


UNNAMED = "standard input"
"""The `main` of a config without a file name."""


def resolution_of(
    text: str,
    location: str = "/",
    path: str = "/sse",
    files: Mapping[str, str] | None = None,
    kind: str = "proxy",
    main: str = "nginx.conf",
    **settings: str,
) -> RequestResolution:
    """The resolution of `path`, served by the location with these arguments (`~ ^/x`)."""
    texts = {main: text, **(files or {})}
    root = directives(texts, main)
    everything = _walk(root)
    server = next(block for block in everything if block.name == "server")
    locations = (block for block in everything if block.name == "location")
    serving = next(block for block in locations if " ".join(block.args) == location)
    modifier = serving.args[0] if len(serving.args) == 2 else ""
    modifier = "@" if serving.args[0].startswith("@") else modifier
    in_force = {name: Setting(name, value) for name, value in settings.items()}
    request, config = Request(path), Config(main, root, texts, is_unnamed=main == UNNAMED)
    chosen = choose_server(config, request)
    return RequestResolution(
        request,
        config,
        None,
        ServerRef("", (), server),
        LocationRef(modifier, serving.args[-1], serving),
        Upstream(kind, "http://backend"),
        {"proxy_read_timeout": Setting("proxy_read_timeout", "300"), **in_force},
        merges_slashes=chosen is None or merges_slashes(chosen, request),
    )


def case_of(
    resolution: RequestResolution | None = None,
    *direct: ProbeResult,
    url: str = "http://localhost/sse",
) -> Case:
    """A case with this config and these direct probes."""
    sources = (Source("http://127.0.0.1:12213/sse"),)
    return Case(Target(url, direct=sources), direct=direct, resolution=resolution)


def direct_result(gap: float | None = None, x_accel_buffering: str | None = None) -> ProbeResult:
    """A live direct probe with the ping gap and the X-Accel-Buffering given."""
    headers = (("x-accel-buffering", x_accel_buffering),) if x_accel_buffering else ()
    probe = Probe("sse-direct", "http://127.0.0.1:12213/sse")
    return ProbeResult(Timeline(probe, headers=headers, ping_gap_s=gap), "live")


def diagnosis_of(*ids: str, risks: Sequence[str] = (), where: str = "nginx") -> Diagnosis:
    """A fault with these causes, each to be fixed in Nginx unless said otherwise."""
    return Diagnosis(
        "fault" if ids else "healthy",
        "",
        tuple(_finding(id, where) for id in ids),
        tuple(_finding(id, where) for id in risks),
    )


def apply_diff(recommendation: Recommendation) -> None:
    """Apply the diff in its directory; it must fit exactly."""
    assert recommendation.diff
    require("patch")
    patch = subprocess.run(
        ["patch", "-p0"],
        cwd=recommendation.directory,
        input=recommendation.diff.encode(),
        capture_output=True,
    )
    assert patch.returncode == 0, patch.stdout
    assert b"fuzz" not in patch.stdout
    assert b"offset" not in patch.stdout


def _finding(id: str, where: str) -> Finding:
    fix = Fix("", "nginx" if where == "nginx" else "backend")
    return Finding(id, id, "confirmed", (), fix)
