"""Streams that answer a POST, behind a real Nginx: each request is sent once on each side."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import apply, behind_nginx, causes, conclude, subsets
from tests.nginx_real.post_backend import FORMATS, OPENAI, PostBackend
from tests.nginx_real.test_check import investigate
from wizard.investigation.investigation import Investigation
from wizard.model.target import Target
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx

PATH = "/v1/chat/completions"
BODY = b'{"model":"m","stream":true}'
DEFAULT = f"location {PATH} {{ proxy_pass http://$BOT1; }}"
HTTP_1_0 = f"location {PATH} {{ proxy_http_version 1.0; proxy_pass http://$BOT1; }}"
GOOD = f"location {PATH} {{ proxy_buffering off; proxy_pass http://$BOT1; }}"

NAMES = [
    pytest.param(name, marks=() if name in ("openai", "plain") else pytest.mark.slow)
    for name in FORMATS
]


def posting(target: Target) -> Target:
    return replace(target, method="POST", body=BODY)


@pytest.mark.parametrize("name", NAMES)
async def test_a_post_stream_that_nginx_holds(nginx: str, tmp_path: Path, name: str) -> None:
    backend = PostBackend(FORMATS[name])
    async with behind_nginx(nginx, tmp_path, [backend.serve], HTTP_1_0, path=PATH) as target:
        _, diagnosis = await conclude(posting(target))
    assert causes(diagnosis) == {"proxy-buffering-hold": "confirmed"}
    assert backend.methods == {"POST": 2}
    assert [body for body in backend.bodies if body] == [BODY, BODY]


@pytest.mark.parametrize("name", NAMES)
async def test_a_post_stream_behind_a_good_config(nginx: str, tmp_path: Path, name: str) -> None:
    backend = PostBackend(FORMATS[name])
    async with behind_nginx(nginx, tmp_path, [backend.serve], GOOD, path=PATH) as target:
        _, diagnosis = await conclude(posting(target))
    assert (diagnosis.verdict, causes(diagnosis)) == ("healthy", {})
    assert backend.methods == {"POST": 2}


async def test_the_block_for_a_held_post_stream_cures_it(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend()
    async with behind_nginx(nginx, tmp_path, [backend.serve], HTTP_1_0, path=PATH) as target:
        investigation = await investigate(posting(target))
        case, diagnosis = investigation.case, investigation.diagnosis
        assert diagnosis
        recommendation = recommend(case, diagnosis)
        assert recommendation
        assert recommendation.diff
        await apply(nginx, target, recommendation.diff)
        proven = await investigation.run("verify")
    assert proven.state == "pass", proven.why
    # The direct stream of before is compared with; only the proxied request is sent again.
    assert backend.methods == {"POST": 3}


@pytest.mark.slow
async def test_no_post_is_sent_twice_with_less_evidence(nginx: str, tmp_path: Path) -> None:
    for conf in (DEFAULT, HTTP_1_0, GOOD):
        backend = PostBackend()
        async with behind_nginx(nginx, tmp_path, [backend.serve], conf, path=PATH) as target:
            for subset in subsets(posting(target)):
                backend.methods.clear()
                await conclude(subset)
                assert backend.methods == {"POST": 1 + len(subset.direct)}


async def test_the_direct_step_does_not_send_the_post_again(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend(OPENAI)
    async with behind_nginx(nginx, tmp_path, [backend.serve], GOOD, path=PATH) as target:
        investigation = Investigation(posting(target))
        for step in ("direct", "proxy", "direct"):
            assert (await investigation.run(step)).state == "pass"
        assert backend.methods == {"POST": 2}
        await investigation.run("proxy")
        await investigation.close()
    assert backend.methods == {"POST": 4}


async def test_an_error_object_in_a_200_is_not_healthy(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend(OPENAI, error_after=0)
    async with behind_nginx(nginx, tmp_path, [backend.serve], GOOD, path=PATH) as target:
        _, diagnosis = await conclude(posting(target))
    assert diagnosis.verdict == "inconclusive"
    assert set(causes(diagnosis)) <= {"backend-cuts"}  # possible: it ends its stream early
    assert "overloaded" in diagnosis.summary


@pytest.mark.slow
@pytest.mark.parametrize(("lines", "error"), [(3, ""), (12, '{"error":{"message":"it broke"}}')])
async def test_what_the_end_of_an_answer_shows(
    nginx: str, tmp_path: Path, lines: int, error: str
) -> None:
    """Through Nginx the answer is shorter, by a header that it adds; or both end with an error."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        for number in range(lines if b"X-Forwarded-For" in head else 12):
            writer.write(b'{"token":%d}\n' % number)
            await asyncio.sleep(0.2)
        writer.write(error.encode() + b"\n" if error else b"")
        await writer.drain()
        writer.close()

    conf = f"""location {PATH} {{ proxy_buffering off; proxy_pass http://$BOT1;
        proxy_http_version 1.1; proxy_set_header Connection '';
        proxy_set_header X-Forwarded-For $remote_addr; }}"""
    async with behind_nginx(nginx, tmp_path, [serve], conf, path=PATH) as target:
        _, diagnosis = await conclude(posting(target))
    assert diagnosis.verdict == "inconclusive"
    assert set(causes(diagnosis)) <= ({"backend-cuts"} if error else set())
    expected = "it broke" if error else "ended after 3 events, where the direct probe had 12"
    assert expected in diagnosis.summary


@pytest.mark.parametrize(
    ("directive", "cause"),
    [
        ("client_max_body_size 1k;", "body-too-large"),
        ("proxy_read_timeout 1s;", "header-timeout-504"),
        ("auth_basic x; auth_basic_user_file /dev/null;", "auth-gate"),
    ],
)
@pytest.mark.slow
async def test_a_refused_post_stream(
    nginx: str, tmp_path: Path, directive: str, cause: str
) -> None:
    backend = PostBackend(thinking_s=2.5 if cause == "header-timeout-504" else 0.0)
    conf = f"location {PATH} {{ {directive} proxy_buffering off; proxy_pass http://$BOT1; }}"
    body = b'{"stream":true,"prompt":"' + b"a" * 2000 + b'"}'
    async with behind_nginx(nginx, tmp_path, [backend.serve], conf, path=PATH) as target:
        investigation = await investigate(replace(target, method="POST", body=body))
        case, diagnosis = investigation.case, investigation.diagnosis
        assert diagnosis
        assert causes(diagnosis) == {cause: "confirmed"}
        recommendation = recommend(case, diagnosis)
        if cause == "auth-gate":
            return  # only the right credentials help
        assert recommendation
        assert recommendation.diff
        await apply(nginx, target, recommendation.diff)
        proven = await investigation.run("verify")
    assert proven.state == "pass", proven.why


@pytest.mark.slow
async def test_a_get_whose_first_byte_comes_after_the_read_timeout(
    nginx: str, tmp_path: Path
) -> None:
    backend = PostBackend(OPENAI, thinking_s=2.5, answers_get=True)
    settings = "proxy_read_timeout 1s; proxy_buffering off; proxy_pass http://$BOT1;"
    conf = f"location {PATH} {{ {settings} }}"
    async with behind_nginx(nginx, tmp_path, [backend.serve], conf, path=PATH) as target:
        investigation = await investigate(target)
        case, diagnosis = investigation.case, investigation.diagnosis
        assert diagnosis
        assert causes(diagnosis) == {"header-timeout-504": "confirmed"}
        recommendation = recommend(case, diagnosis)
        assert recommendation
        assert recommendation.diff
        await apply(nginx, target, recommendation.diff)
        proven = await investigation.run("verify")
    assert proven.state == "pass", proven.why


async def test_an_answer_that_nginx_gives_itself_is_named(nginx: str, tmp_path: Path) -> None:
    conf = f"location {PATH} {{ limit_except GET {{ deny all; }} proxy_pass http://$BOT1; }}"
    async with behind_nginx(nginx, tmp_path, [PostBackend().serve], conf, path=PATH) as target:
        _, diagnosis = await conclude(posting(target))
    assert causes(diagnosis) == {"refused-by-config": "confirmed"}


async def test_json_lines_that_only_gzip_holds(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend(FORMATS["ollama"], answers_get=True)
    conf = (
        f"location {PATH} {{ proxy_http_version 1.1; gzip on; gzip_types application/x-ndjson; "
        "proxy_pass http://$BOT1; }"
    )
    async with behind_nginx(nginx, tmp_path, [backend.serve], conf, path=PATH) as target:
        _, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"gzip-plus-buffering": "confirmed"}


async def test_a_short_answer_does_not_show_that_nothing_is_held(
    nginx: str, tmp_path: Path
) -> None:
    for conf, expected in ((HTTP_1_0, {"proxy-buffering-hold"}), (GOOD, set[str]())):
        backend = PostBackend(OPENAI, token_s=0.0)
        async with behind_nginx(nginx, tmp_path, [backend.serve], conf, path=PATH) as target:
            _, diagnosis = await conclude(posting(target))
        # Possible; confirmed where the direct answer happened to arrive in several pieces.
        assert set(causes(diagnosis)) == expected
        assert (diagnosis.verdict == "healthy") is (not expected)


async def test_a_slow_first_token_is_no_silent_backend(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend(OPENAI, thinking_s=60.0)
    async with behind_nginx(nginx, tmp_path, [backend.serve], GOOD, path=PATH) as target:
        _, diagnosis = await conclude(replace(posting(target), stall=2.0))
    assert causes(diagnosis) == {"backend-silent": "possible"}
    assert diagnosis.verdict == "inconclusive"
