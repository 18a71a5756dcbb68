"""Each cause's block in each kind of location: pasted as told, Nginx accepts it, and the backend
gets the same request where the cause lies in the answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recommend.builders import diagnosis_of
from tests.recommend.config_table import PASSES, PLACES, config_of
from tests.recommend.pasting import paste
from tests.recommend.real_nginx import BINARIES, accepts
from tests.rules.samples import sample
from wizard.diagnose.rules import all_rules
from wizard.model.case import Case
from wizard.model.config import Config
from wizard.model.diagnosis import Recommendation
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.as_sent import as_sent
from wizard.nginx.load import config_from_text
from wizard.nginx.refusal import find_refusal
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
FILE = "nginx.conf"
STREAM = Request("/sse", "127.0.0.1", port=18081)
POSTED = Request("/message", "127.0.0.1", port=18081, query="sessionId=1", method="POST")
HEADERS = (
    ("Host", "127.0.0.1:18081"),
    ("Accept", "text/event-stream"),
    ("Accept-Encoding", "gzip"),
    ("X-Client", "1"),
)
RULES = tuple(rule.id for rule in all_rules() if rule.settings)
WITHOUT_BLOCK = ("in an if",)
"""Places for which no block is given: the config does not decide who answers."""
SAME_REQUEST = frozenset({
    "proxy-buffering-hold", "idle-read-timeout", "idle-headers-held", "cache-replay", "xab-ignored",
    "gzip-plus-buffering", "limits", "body-too-large", "upstream-header-too-big",
})  # fmt: skip
"""Causes whose block changes nothing of the request that the backend gets."""


def _passing(place: str, id: str) -> str:
    """The way to pass on for a place and a cause: another one for each neighbour in the table."""
    return tuple(PASSES)[(list(PLACES).index(place) + RULES.index(id)) % len(PASSES)]


def _case(id: str, config: Config) -> Case:
    """The sample case of the rule with another config."""
    case = sample(id, "fires")
    return replace(
        case,
        target=replace(case.target, url="http://127.0.0.1:18081/sse", hops=()),
        resolution=resolve_request(config, STREAM),
        message_resolution=resolve_request(config, POSTED),
        root_resolution=None,
    )


def _pasted(recommendation: Recommendation | None, text: str) -> str:
    """The config after the blocks were pasted; the same if none says where it goes."""
    if recommendation is None:
        return text
    placed = tuple(part for part in recommendation.parts if part.at)
    return paste({FILE: text}, replace(recommendation, parts=placed))[FILE]


def _request(config: Config) -> object:
    resolution: RequestResolution = resolve_request(config, STREAM)
    sent = as_sent(resolution, HEADERS)
    return sent and (sent.method, sent.uri, [(line.name, line.value) for line in sent.headers])


def _is_same_request(before: str, after: str) -> bool:
    return _request(config_from_text(before, FILE)) == _request(config_from_text(after, FILE))


def _changes(place: str) -> Iterator[tuple[str, str, str, str]]:
    """The cause, the way to pass on, the config before and after the block was pasted."""
    for id in RULES:
        passing = _passing(place, id)
        text = config_of(place, passing)
        config = config_from_text(text, FILE)
        if find_refusal(config):
            continue
        after = _pasted(recommend(_case(id, config), diagnosis_of(id), reveal=True), text)
        if after != text:
            yield id, passing, text, after


def _is_accepted(text: str, folder: Path, answers: dict[str, str]) -> bool:
    """True if each Nginx accepts the config."""
    if text not in answers:
        (folder / FILE).write_text(text)
        checks = [accepts(str(binary.values[0]), folder) for binary in BINARIES]
        answers[text] = "".join(output for is_accepted, output in checks if not is_accepted)
    return not answers[text]


@pytest.mark.parametrize("place", PLACES)
def test_each_block_is_accepted_and_keeps_the_request(place: str, tmp_path: Path) -> None:
    answers: dict[str, str] = {}
    tried, refused, others = set(), [], []
    for id, passing, before, after in _changes(place):
        if not _is_accepted(before, tmp_path, answers):
            continue
        tried.add(id)
        if not _is_accepted(after, tmp_path, answers):
            refused.append((id, passing, answers[after]))
        if id in SAME_REQUEST and not _is_same_request(before, after):
            others.append((id, passing, after))
    assert refused == []
    assert others == []
    assert bool(tried) == (place not in WITHOUT_BLOCK)
