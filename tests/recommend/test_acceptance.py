"""A change with which Nginx would refuse the config is not shown as a block to paste."""

from collections.abc import Iterator

import pytest

from tests.recommend.builders import case_of, diagnosis_of
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Config
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx import parse
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import resolve_request
from wizard.nginx.words import Word, split_words
from wizard.recommend import recommend, source
from wizard.recommend.acceptance import refusal_of_change
from wizard.recommend.block import Block
from wizard.recommend.from_config import recommend_from_config
from wizard.recommend.patch import Edit
from wizard.recommend.settings import WantedSettings
from wizard.text.config_tokens import Token, tokenize

CONF = "events {}\nhttp {\nserver {\nlocation ~ ^/s {\nproxy_pass http://127.0.0.1:9;\n}\n}\n}\n"
BEFORE = CONF.index("proxy_pass")


def config_of(text: str = CONF) -> Config:
    return config_from_text(text, "nginx.conf")


def refusal_of(text: str, config: Config) -> str:
    block = Block("", "", (), edits=(Edit("nginx.conf", BEFORE, BEFORE, text),))
    return refusal_of_change(config, [block])


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("location = /sse { }\n", 'nginx.conf:5: location "/sse" is outside location "^/s"'),
        ("proxy_pass http://127.0.0.1:8;\n", 'nginx.conf:6: "proxy_pass" directive is duplicate'),
        ("}\nserver {\n", 'nginx.conf:6: "server" directive is not allowed here'),
        ("}\n", 'nginx.conf:9: unexpected "}"'),
        ("location ~ sse$ {\n", "nginx.conf:9: the file ends inside block"),
        ("location ~ sse$ { }\nproxy_buffering off;\n", ""),
    ],
)
def test_what_nginx_would_refuse_is_named(text: str, refusal: str) -> None:
    answer = refusal_of(text, config_of())
    assert answer.startswith(refusal)
    assert bool(answer) == bool(refusal)


def test_a_change_of_a_config_that_nginx_refuses_already_is_not_judged() -> None:
    refused = config_of(CONF.replace("http {", "http { listen 80;"))
    assert refusal_of("location = /sse { }\n", refused) == ""


def test_a_change_in_an_included_file_is_judged_where_it_is_included() -> None:
    main = (
        "# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp { include sites/*.conf; }\n\n"
    )
    site = "server {\nlocation ~ ^/s {\nproxy_pass http://127.0.0.1:9;\n}\n}\n"
    name = "/etc/nginx/sites/a.conf"
    config = config_of(f"{main}# configuration file {name}:\n{site}\n")
    at = site.index("proxy_pass")
    block = Block("", "", (), edits=(Edit(name, at, at, "location = /sse { }\n"),))
    assert refusal_of_change(config, [block]) == (
        f'{name}:3: location "/sse" is outside location "^/s"'
    )


def _settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    return (Change("proxy_buffering", "off now", "two values"),)


def test_instead_of_a_block_that_nginx_would_refuse_only_the_lines_are_given() -> None:
    resolution = resolve_request(config_of(CONF), Request("/sse"))
    wanted = WantedSettings((NginxSettings(stream=_settings),))

    recommendation = recommend_from_config(
        case_of(resolution), resolution, wanted, reveal=False, with_diff=True
    )

    assert [part.action for part in recommendation.parts] == ["set"]
    assert recommendation.diff is None
    assert (
        "Nginx would refuse the config with it (nginx.conf:6: invalid number of arguments in "
        '"proxy_buffering" directive)'
    ) in recommendation.adapt[0]


def test_a_config_is_read_once_for_all_blocks_and_once_more_with_the_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolution = resolve_request(config_of(CONF), Request("/sse"))
    split, parsed = list[str](), list[str]()

    def count_split(text: str) -> Iterator[Token]:
        split.append(text)
        return tokenize(text)

    def count_parsed(text: str, name: str) -> Iterator[Word]:
        parsed.append(text)
        return split_words(text, name)

    monkeypatch.setattr(source, "tokenize", count_split)
    monkeypatch.setattr(parse, "split_words", count_parsed)

    recommendation = recommend(case_of(resolution), diagnosis_of("proxy-buffering-hold"))

    assert recommendation is not None
    assert recommendation.diff is not None
    assert split.count(CONF) == 1
    assert len(parsed) == 1
