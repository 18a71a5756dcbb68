"""What a recommendation says is done by hand: Nginx accepts it, and it is what the diff does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest

from tests.recommend.builders import apply_diff, case_of, diagnosis_of, direct_result
from tests.recommend.config_faults import FAULTS
from tests.recommend.config_layouts import LAYOUTS, TEMP_PATHS, conf
from tests.recommend.pasting import paste, set_lines, tree
from tests.recommend.real_nginx import (
    BINARIES,
    HOLD,
    RequestSpec,
    accepts,
    answer,
    backend,
    free_port,
    nginx,
)
from tests.rules.samples import sample
from tests.tools import needs
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules, rule_named
from wizard.lab import list_scenarios
from wizard.lab.scenario import nginx_conf
from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.resolution import Request
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

_PORTS = {"@NGINX@": "18081", "@BACKEND@": "18082", "@SECOND@": "18083"}


@dataclass(frozen=True)
class Incident:
    """A config with a fault that a block fixes."""

    name: str
    files: Mapping[str, str]
    ids: tuple[str, ...]
    path: str = "/sse"
    endpoint: str = "/message?sessionId=1"
    x_accel_buffering: str | None = None

    def __str__(self) -> str:
        return self.name


def _incidents() -> Iterator[Incident]:
    for layout in LAYOUTS:
        files = {"nginx.conf": layout.text, **layout.files}
        path, header = quote(layout.path), layout.x_accel_buffering
        yield Incident(layout.name, files, layout.ids, path, x_accel_buffering=header)
    for fault in FAULTS:
        files = {"nginx.conf": fault.text, **fault.files}
        yield Incident(str(fault), files, (fault.id,), fault.path, fault.endpoint)
    for scenario in list_scenarios():
        rules = [rule_named(id) for id in scenario.expected]
        if any(rule and rule.settings for rule in rules) and not scenario.tls:
            text = nginx_conf(scenario, 18081, 18082, 18083, second=18084, stuck=18085)
            name = f"scenario {scenario.name}"
            yield Incident(name, {"nginx.conf": _inside(text)}, scenario.expected, scenario.path)


def _inside(text: str) -> str:
    """A scenario's config without the lines that `real_nginx.command` sets."""
    return text[text.index("events") :]


def _write(incident: Incident, folder: Path) -> dict[str, str]:
    """Write the files; returns their texts."""
    texts = {}
    for name, text in incident.files.items():
        for mark, port in _PORTS.items():
            text = text.replace(mark, port)
        texts[name] = text
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return texts


def _case(incident: Incident, folder: Path) -> Case:
    config = read_config(str(folder / "nginx.conf"))
    url = f"http://127.0.0.1:18081{incident.path}"
    message = urlsplit(urljoin(incident.path, incident.endpoint))
    stream = Request(incident.path, "127.0.0.1", port=18081)
    posted = replace(stream, path=message.path, query=message.query)
    resolution = resolve_request(config, stream)
    case = case_of(resolution, direct_result(x_accel_buffering=incident.x_accel_buffering), url=url)
    handshake = Handshake("direct", url, "http+sse", "endpoint", endpoint=incident.endpoint)
    return replace(
        case, handshakes=(handshake,), message_resolution=resolve_request(config, posted)
    )


@needs("patch")
@pytest.mark.nginx
@pytest.mark.parametrize("incident", list(_incidents()), ids=str)
def test_pasted_as_told_it_is_what_the_diff_does_and_nginx_accepts_it(
    incident: Incident, tmp_path: Path
) -> None:
    texts = _write(incident, tmp_path)
    recommendation = recommend(_case(incident, tmp_path), diagnosis_of(*incident.ids), reveal=True)
    assert recommendation
    names = {str(tmp_path / name): name for name in texts}
    by_path = {path: texts[name] for path, name in names.items()}
    pasted = paste(by_path, recommendation)
    assert (pasted == by_path) == all(part.action == "keep" for part in recommendation.parts)
    if recommendation.diff is not None:
        apply_diff(recommendation)
        for path, text in pasted.items():
            assert tree(text) == tree(Path(path).read_bytes().decode())
    for path, text in pasted.items():
        Path(path).write_bytes(text.encode())
    _accept(tmp_path)


def _has_config(id: str) -> bool:
    resolution = sample(id, "fires").resolution
    return bool(resolution and resolution.config.texts)


OF_MODULES = frozenset({"response-filter"})
"""Rules whose sample has directives of a module that not every Nginx has."""


@pytest.mark.nginx
@pytest.mark.parametrize(
    "id",
    [
        rule.id
        for rule in all_rules()
        if rule.settings and _has_config(rule.id) and rule.id not in OF_MODULES
    ],
)
def test_each_rule_s_sample_pasted_as_told_is_accepted(id: str, tmp_path: Path) -> None:
    case = sample(id, "fires")
    recommendation = recommend(case, diagnose(case))
    assert recommendation
    assert case.resolution
    ((file, text),) = case.resolution.config.texts.items()
    pasted = paste({file: text}, recommendation)[file]
    assert pasted != text
    whole = pasted if "http {" in pasted else f"http {{\n{pasted}\n}}\n"
    # nginx -t looks names up.
    whole = whole.replace("bot.internal", "127.0.0.1")
    text = f"events {{}}\n{whole}".replace("http {", f"http {{ {TEMP_PATHS}", 1)
    (tmp_path / "nginx.conf").write_text(text)
    _accept(tmp_path)


def _accept(folder: Path) -> None:
    for binary in BINARIES:
        accepted, output = accepts(str(binary.values[0]), folder)
        assert accepted, f"{output}\n{(folder / 'nginx.conf').read_text()}"


_BACKEND = "http://127.0.0.1:@BACKEND@"
_PEERS = "server 127.0.0.1:@BACKEND@; server 127.0.0.1:@SECOND@"
_NO_DIFF = (
    Incident(
        "the messages' exact location exists and passes nothing on",
        {
            "nginx.conf": conf(
                "location = /message {\n return 404;\n}\n"
                f"location / {{ proxy_pass {_BACKEND}; }}\n"
            )
        },
        ("message-path-unrouted",),
    ),
    Incident(
        "the stream's pattern has groups that its lines use",
        {
            "nginx.conf": conf(
                "location / { root .; }\nlocation ~ ^/(?<name>sse) {\n"
                f" proxy_set_header X $name$1;\n proxy_pass {_BACKEND};\n}}\n"
            )
        },
        ("message-path-unrouted",),
    ),
    Incident(
        "the stream's location is nested",
        {
            "nginx.conf": conf(
                "location /a/ {\n deny 10.0.0.1;\n"
                f" location /a/sse {{ proxy_pass {_BACKEND}; }}\n root .;\n}}\n"
            )
        },
        ("message-path-unrouted",),
        "/a/sse",
    ),
    Incident(
        "a guarded location leads to the stream's named one",
        {
            "nginx.conf": conf(
                "location /sse { deny 10.0.0.1; try_files /none @app; }\n"
                f"location @app {{ proxy_pass {_BACKEND}; }}\nlocation / {{ root .; }}\n"
            )
        },
        ("message-path-unrouted",),
    ),
    Incident(
        "an upstream with a backup server",
        {
            "nginx.conf": conf(
                "location / { proxy_pass http://bots; }\n",
                f"upstream bots {{\n {_PEERS} backup;\n}}\n",
            )
        },
        ("no-affinity",),
    ),
    Incident(
        "no upstream block, and another one of the usual name",
        {
            "nginx.conf": conf(
                f"location / {{ proxy_pass {_BACKEND}; }}\n", f"upstream backend {{ {_PEERS}; }}\n"
            )
        },
        ("no-affinity",),
    ),
)


@pytest.mark.nginx
@pytest.mark.parametrize("incident", _NO_DIFF, ids=str)
def test_what_no_diff_is_given_for_is_accepted_too(incident: Incident, tmp_path: Path) -> None:
    texts = _write(incident, tmp_path)
    recommendation = recommend(_case(incident, tmp_path), diagnosis_of(*incident.ids))
    assert recommendation
    assert recommendation.diff is None
    path = str(tmp_path / "nginx.conf")
    pasted = paste({path: texts["nginx.conf"]}, recommendation)[path]
    (tmp_path / "nginx.conf").write_text(pasted)
    _accept(tmp_path)


_WITHOUT_CONFIG = (
    f"proxy_pass {_BACKEND};",
    f"proxy_pass {_BACKEND}; proxy_read_timeout 300; proxy_buffering on; proxy_buffers 8 64k;",
    f"proxy_pass {_BACKEND}; proxy_buffering off; proxy_read_timeout 1h; proxy_cache off;",
    f"proxy_pass {_BACKEND}; auth_basic off; proxy_set_header X-Kept kept; deny 10.0.0.1;",
)


@pytest.mark.nginx
@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("lines", _WITHOUT_CONFIG)
def test_lines_set_as_told_make_a_stream_live_and_keep_the_rest(
    lines: str, binary: str, tmp_path: Path
) -> None:
    case = case_of(url="http://127.0.0.1/sse")
    recommendation = recommend(case, diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    (part,) = recommendation.parts
    assert part.action == "set"
    with backend() as upstream:
        port = free_port()
        text = conf(f"location ^~ /sse {{\n{set_lines(lines, part)}\n}}\n")
        text = text.replace("@NGINX@", str(port)).replace("@BACKEND@", str(upstream))
        (tmp_path / "nginx.conf").write_text(text)
        _accept(tmp_path)
        with nginx(binary, tmp_path):
            status, echoed, _ = answer(port, RequestSpec("/sse", {HOLD: "1"}))
    assert status == 200
    assert ("X-Kept" in str(echoed)) == ("X-Kept" in lines)
