"""Each cause that a block fixes: a real Nginx shows the fault, and not after the patch."""

import http.client
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.recommend.builders import apply_diff, case_of, diagnosis_of
from tests.recommend.config_faults import FAULTS, Answer, Fault
from tests.recommend.config_layouts import conf
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
from wizard.model.case import Case
from wizard.model.handshake import Handshake
from wizard.model.resolution import Request
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

pytestmark = [
    pytest.mark.nginx,
    pytest.mark.parametrize("binary", BINARIES),
]


def _write(fault: Fault, folder: Path, ports: dict[str, int]) -> None:
    for name, text in {"nginx.conf": fault.text, **fault.files}.items():
        for mark, port in ports.items():
            text = text.replace(mark, str(port))
        (folder / name).write_text(text)


def _case(fault: Fault, folder: Path, port: int) -> Case:
    config = read_config(str(folder / "nginx.conf"))
    message = urlsplit(urljoin(fault.path, fault.endpoint))
    stream = Request(fault.path, "127.0.0.1", port=port)
    posted = replace(stream, path=message.path, query=message.query)
    url = f"http://127.0.0.1:{port}{fault.path}"
    handshake = Handshake("direct", url, "http+sse", "endpoint", endpoint=fault.endpoint)
    return replace(
        case_of(resolve_request(config, stream), url=url),
        handshakes=(handshake,),
        message_resolution=resolve_request(config, posted),
    )


def _answers(requests: tuple[RequestSpec, ...], port: int) -> list[Answer]:
    return [answer(port, spec) for spec in requests]


def _without_count(answers: list[Answer]) -> list[Answer]:
    """The answers without the running count of requests, to compare them."""
    bodies = [({**body, "count": 0} if isinstance(body, dict) else body) for _, body, _ in answers]
    return [(status, body, own) for (status, _, own), body in zip(answers, bodies, strict=True)]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_diff_fixes_the_fault_and_keeps_the_rest(
    fault: Fault, binary: str, tmp_path: Path
) -> None:
    with backend() as first, backend() as second:
        port = free_port()
        _write(fault, tmp_path, {"@NGINX@": port, "@BACKEND@": first, "@SECOND@": second})
        recommendation = recommend(_case(fault, tmp_path, port), diagnosis_of(fault.id))
        assert recommendation
        with nginx(binary, tmp_path):
            assert not fault.is_fixed(_answers(fault.requests, port))
            before = _answers(fault.unchanged, port)
        apply_diff(recommendation)
        accepted, output = accepts(binary, tmp_path)
        assert accepted, output
        assert "warn" not in output
        with nginx(binary, tmp_path):
            after = _answers(fault.requests, port)
            assert fault.is_fixed(after), after
            assert _without_count(_answers(fault.unchanged, port)) == _without_count(before)


def test_open_streams_do_not_count_against_other_paths(binary: str, tmp_path: Path) -> None:
    text = conf(
        "limit_conn one 1;\nproxy_buffering off;\n"
        "location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n",
        "limit_conn_zone $server_port zone=one:1m;\n",
    )
    fault = Fault("limits", "connections", text, (), bool)
    with backend() as upstream:
        port = free_port()
        _write(fault, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        recommendation = recommend(_case(fault, tmp_path, port), diagnosis_of("limits"))
        assert recommendation
        with nginx(binary, tmp_path):
            assert _beside_a_stream(port) == [503, 503]
        apply_diff(recommendation)
        with nginx(binary, tmp_path):
            assert _beside_a_stream(port) == [200, 200]


def _beside_a_stream(port: int) -> list[int]:
    """The statuses of a second stream and of another path while a stream is open."""
    with ExitStack() as held:
        stream = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        held.callback(stream.close)
        stream.request("GET", "/sse", headers={HOLD: "1"})
        assert stream.getresponse().readline().startswith(b"data: ")
        return [answer(port, RequestSpec(path))[0] for path in ("/sse", "/other")]
