"""Sites and cases made by hand, for tests that need no Nginx and no config reader."""

import subprocess
from collections.abc import Mapping, Sequence

from tests.tools import require
from wizard.model.case import Case, ProbeResult
from wizard.model.config import Config, Directive, Position
from wizard.model.diagnosis import Diagnosis, Finding, Fix, Recommendation
from wizard.model.resolution import (
    LocationRef,
    Request,
    RequestResolution,
    ServerRef,
    Setting,
    Upstream,
)
from wizard.model.target import Source, Target
from wizard.model.timeline import Probe, Timeline
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
    found: list[Directive] = []
    for one in statements:
        where = Position(file, one.line)
        if one.name == "include" and one.args[0] in texts:
            found += directives(texts, one.args[0], (*via, where))
        elif one.name != COMMENT:
            end = one.line + texts[file].count("\n", one.start, one.end)
            block = None if one.opened is None else _tree(texts, file, one.children, via)
            found.append(Directive(one.name, one.args, where, end, block, via))
    return tuple(found)


def _walk(block: Sequence[Directive]) -> Sequence[Directive]:
    return [inner for one in block for inner in (one, *_walk(one.block or ()))]


def resolution(
    text: str,
    location: str = "/",
    path: str = "/sse",
    files: Mapping[str, str] | None = None,
    kind: str = "proxy",
    main: str = "nginx.conf",
    **effective: str,
) -> RequestResolution:
    """The site of `path`, served by the location with these arguments (`~ ^/x`)."""
    texts = {main: text, **(files or {})}
    root = directives(texts, main)
    locations = (one for one in _walk(root) if one.name == "location")
    serving = next(one for one in locations if " ".join(one.args) == location)
    server = next(one for one in _walk(root) if one.name == "server")
    modifier = serving.args[0] if len(serving.args) == 2 else ""
    modifier = "@" if serving.args[0].startswith("@") else modifier
    settings = {name: Setting(name, value) for name, value in effective.items()}
    request, config = Request(path), Config(main, root, texts)
    chosen = choose_server(config, request)
    return RequestResolution(
        request,
        config,
        None,
        ServerRef("", (), server),
        LocationRef(modifier, serving.args[-1], serving),
        Upstream(kind, "http://backend"),
        {"proxy_read_timeout": Setting("proxy_read_timeout", "300"), **settings},
        merges_slashes=chosen is None or merges_slashes(chosen, request.scheme),
    )


def case(
    resolution: RequestResolution | None = None,
    *direct: ProbeResult,
    url: str = "http://localhost/sse",
) -> Case:
    """A case with this config and these direct probes."""
    places = (Source("http://127.0.0.1:12213/sse"),)
    return Case(Target(url, direct=places), direct=direct, resolution=resolution)


def result(gap: float | None = None, said: str | None = None) -> ProbeResult:
    """A live direct probe with the ping gap and the X-Accel-Buffering given."""
    headers = (("x-accel-buffering", said),) if said else ()
    probe = Probe("sse-direct", "http://127.0.0.1:12213/sse")
    return ProbeResult(Timeline(probe, headers=headers, ping_gap_s=gap), "live")


def diagnosis(*ids: str, risks: Sequence[str] = (), where: str = "nginx") -> Diagnosis:
    """A fault with these causes, all mended in Nginx."""
    return Diagnosis(
        "fault" if ids else "healthy",
        "",
        tuple(_finding(one, where) for one in ids),
        tuple(_finding(one, where) for one in risks),
    )


def patched(made: Recommendation) -> None:
    """Apply the diff as the report says; it must fit exactly."""
    assert made.diff
    require("patch")
    done = subprocess.run(
        ["patch", "-p0"], cwd=made.directory, input=made.diff.encode(), capture_output=True
    )
    assert done.returncode == 0, done.stdout
    assert b"fuzz" not in done.stdout
    assert b"offset" not in done.stdout


def _finding(name: str, where: str) -> Finding:
    fix = Fix("", "nginx" if where == "nginx" else "backend")
    return Finding(name, name, "confirmed", (), fix)
