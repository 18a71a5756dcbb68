"""Each cause that a block mends: the fault shows on real Nginx, and is gone once it is patched."""

import http.client
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.recommend.mends import MENDS, Answer, Mend
from tests.recommend.real import (
    BINARIES,
    HOLD,
    RequestSpec,
    accepts,
    answer,
    backend,
    free_port,
    nginx,
)
from tests.recommend.scenarios import conf
from tests.recommend.sites import case, diagnosis, patched
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


def _written(mend: Mend, folder: Path, ports: dict[str, int]) -> None:
    for name, text in {"nginx.conf": mend.text, **mend.files}.items():
        for mark, port in ports.items():
            text = text.replace(mark, str(port))
        (folder / name).write_text(text)


def _case(mend: Mend, folder: Path, port: int) -> Case:
    config = read_config(str(folder / "nginx.conf"))
    message = urlsplit(urljoin(mend.path, mend.endpoint))
    stream = Request(mend.path, "127.0.0.1", port=port)
    posted = replace(stream, path=message.path, query=message.query)
    url = f"http://127.0.0.1:{port}{mend.path}"
    shaken = Handshake("direct", url, "http+sse", "endpoint", endpoint=mend.endpoint)
    return replace(
        case(resolve_request(config, stream), url=url),
        handshakes=(shaken,),
        message_resolution=resolve_request(config, posted),
    )


def _answers(asks: tuple[RequestSpec, ...], port: int) -> list[Answer]:
    return [answer(port, spec) for spec in asks]


def _counted(answers: list[Answer]) -> list[Answer]:
    """Answers to compare: how many requests there were is no matter."""
    told = [({**body, "count": 0} if isinstance(body, dict) else body) for _, body, _ in answers]
    return [(status, body, own) for (status, _, own), body in zip(answers, told, strict=True)]


@pytest.mark.parametrize("mend", MENDS, ids=str)
def test_the_diff_mends_the_fault_and_keeps_the_rest(
    mend: Mend, binary: str, tmp_path: Path
) -> None:
    with backend() as first, backend() as second:
        port = free_port()
        _written(mend, tmp_path, {"@NGINX@": port, "@BACKEND@": first, "@SECOND@": second})
        made = recommend(_case(mend, tmp_path, port), diagnosis(mend.id))
        assert made
        with nginx(binary, tmp_path):
            assert not mend.mended(_answers(mend.asks, port))
            before = _answers(mend.kept, port)
        patched(made)
        accepted, said = accepts(binary, tmp_path)
        assert accepted, said
        assert "warn" not in said
        with nginx(binary, tmp_path):
            after = _answers(mend.asks, port)
            assert mend.mended(after), after
            assert _counted(_answers(mend.kept, port)) == _counted(before)


def test_open_streams_do_not_count_against_other_paths(binary: str, tmp_path: Path) -> None:
    text = conf(
        "limit_conn one 1;\nproxy_buffering off;\n"
        "location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n",
        "limit_conn_zone $server_port zone=one:1m;\n",
    )
    mend = Mend("limits", "connections", text, (), bool)
    with backend() as upstream:
        port = free_port()
        _written(mend, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        made = recommend(_case(mend, tmp_path, port), diagnosis("limits"))
        assert made
        with nginx(binary, tmp_path):
            assert _beside_a_stream(port) == [503, 503]
        patched(made)
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
