"""Answers of language models, which stream in reply to a POST: held, cured, and sent once."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import servers
from tests.servers.fronts import Front, nginx
from tests.servers.incidents import DEFAULT, GOOD_LOCATION, IGNORING, Incident
from tests.servers.relay import Relay, relaying
from tests.servers.running import (
    CONF,
    Answer,
    Place,
    answers,
    ask_all,
    check,
    describe,
    free_ports,
    place_of,
    running_front,
    running_server,
)
from tests.servers.servers import Server
from tests.servers.test_servers import all_work, row, wrong
from tests.tools import require

HELD = (servers.AIMOCK, servers.MOCK_LLM, servers.FAKELLM)
"""These do not ask for unbuffered delivery."""
ASKING = {
    "model": "gpt-4o",
    "stream": True,
    "messages": [{"role": "user", "content": "count to 9"}],
}
OPTIONS = ("--request", "POST", "--data", json.dumps(ASKING), "--header", "Authorization: Bearer x")
_PROBE = re.compile(r"sse-(proxy|direct)")


def fronts() -> Iterator[tuple[Server, Front, tuple[str, str] | None]]:
    """Each server, each front, and the cause with its confidence; None where all is well."""
    old, new = nginx("old", "default", DEFAULT), nginx("new", "default", DEFAULT)
    good = [nginx(age, "good", GOOD_LOCATION) for age in ("old", "new")]
    for server in HELD:
        yield server, old, ("proxy-buffering-hold", "confirmed")
    for server in (*HELD, servers.LLMOCK):
        for front in (new, *good):
            yield server, front, None
    yield servers.LLMOCK, old, None
    yield servers.LLMOCK, nginx("old", "ignoring", IGNORING), ("xab-ignored", "confirmed")


@pytest.mark.parametrize(
    ("server", "front", "cause"),
    [
        pytest.param(*each, id=f"{each[0].name}-behind-{each[1].name}".replace(" ", "-"))
        for each in fronts()
    ],
)
def test_a_stream_of_tokens(
    server: Server,
    front: Front,
    cause: tuple[str, str] | None,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    require(front.program, server.command[0], "patch")
    case = Incident(server, front, frozenset(cause[:1]) if cause else frozenset())
    backend, port, public = free_ports(3)
    with ExitStack() as stack:
        stack.enter_context(running_server(server, backend, tmp_path))
        relay = stack.enter_context(relaying(port, backend))
        place = place_of(server, front, public, port, tmp_path)
        with running_front(front, public, {"BACKEND": port}, tmp_path):
            direct, seen = ask_all(server, place)
            said = list(ask_counting(place, relay))
        record_property("row", row(case, seen, said))
        assert all_work(direct) is not False, "the server does not work without the front"
        works = all_work(seen)
        assert (works is False) == (cause is not None), seen
        faults = {a.evidence: why for a in said if (why := wrong(case, works, a))}
        assert not faults, describe(said)
        if cause is None:
            assert {answer.verdict for answer in said} == {"healthy"}, describe(said)
            return
        assert said[-1].causes[0] == cause, describe(said)
        with running_front(patched(front, said[-1], tmp_path), public, {}, tmp_path):
            _, seen = ask_all(server, place)
            conf = ("--conf", str(tmp_path / CONF))
            after = check("all", place.public, *OPTIONS, "--direct", place.direct, *conf)
    assert all_work(seen) is not False, seen
    assert after.verdict == "healthy", describe([after])


def ask_counting(place: Place, relay: Relay) -> Iterator[Answer]:
    """Ask the tool. Each time the POST must reach the server once from each side."""
    before = len(relay.posts())
    for answer in answers(place, is_nginx=True, options=OPTIONS):
        sent = [_PROBE.findall(agent) for agent in relay.posts()[before:]]
        sides = ["proxy"] if answer.evidence == "url" else ["direct", "proxy"]
        assert sorted(sent) == [[side] for side in sides], answer.evidence
        before += len(sent)
        yield answer


def patched(front: Front, answer: Answer, folder: Path) -> Front:
    """The front with the recommended change to its config."""
    assert answer.recommendation is not None
    subprocess.run(
        ["patch", "-p0", "--forward", "--batch", "--silent"],
        input=answer.recommendation["diff"],
        text=True,
        cwd=folder,
        check=True,
    )
    return replace(front, conf=(folder / CONF).read_text("utf-8"))
