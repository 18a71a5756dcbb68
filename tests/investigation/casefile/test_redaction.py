"""No secret reaches a case file, wherever it stood; equal secrets have equal pseudonyms."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.investigation.casefile.roundtrip import pseudonyms
from tests.screens import investigations
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.model.attempt import Attempt
from wizard.model.case import Case, FollowUpResult
from wizard.model.config import Config, Directive
from wizard.model.events import Comment, SseEvent
from wizard.model.handshake import Exchange, Handshake
from wizard.model.log_report import LogLine, LogReport
from wizard.model.parse import parse_log
from wizard.model.probe import Probe
from wizard.model.steps import StepState
from wizard.model.target import Source
from wizard.model.timeline import Timeline
from wizard.model.vantage import Capabilities, Vantage
from wizard.nginx.load import config_from_text
from wizard.recommend import recommend
from wizard.text.redaction import has_withheld_secret

SECRET = st.from_regex(r"[a-z]{3}[0-9]{2}[A-Za-z0-9_-]{6,20}[A-Za-z0-9]", fullmatch=True)

PLACES = (
    "http://mcp.example.com/sse?access_token={}",
    "http://user:{}@10.0.0.7/sse",
    "Authorization: Bearer {}",
    '{{"jsonrpc": "2.0", "sessionId": "{}"}}',
    "/messages/?session_id={}&more=1",
    "GET /sse?api_key={} HTTP/1.1",
    "Cookie: sid={}; theme=dark",
    "http://h/?next=%3Ftoken%3D{}%26a%3Db",
)
"""Texts that contain a secret next to a name that marks it as one."""

CONF = """\
events {{}}
http {{
    # proxy_set_header X-Api-Key {0};
    # the old one: Authorization: Basic {0}
    map $http_x_api_key $allowed {{ default 0; {0} 1; "{0}" 2; }}
    server {{
        listen 80;
        set $api_token "{0}";
        secure_link_md5 "$secure_link_expires$uri {0}";
        if ($http_authorization != "Bearer {0}") {{ return 401; }}
        location / {{
            proxy_pass http://10.0.0.7:12213/sse?token={0}&of=$arg_token;
            proxy_set_header Authorization "Bearer {0}";
            proxy_set_header Cookie "$http_cookie; sid={0}";
            proxy_set_header X-Api-Key
                {0};
            fastcgi_param DB_PASSWORD '{0}';
            add_header Set-Cookie "session={0}; Path=/"; proxy_buffering on;
            proxy_set_header X-Echo '{{"access_token": "{0}"}}';
            content_by_lua_block {{ local token = "{0}" }}
        }}
    }}
}}
"""


def timeline_with(secret: str, text: str) -> Timeline:
    """A probe with the secret in each of its texts."""
    body = text.format(secret)
    headers = (
        ("set-cookie", f"sid={secret}; Path=/"),
        ("x-api-key", secret),
        ("location", f"/login?token={secret}"),
        ("mcp-session-id", secret),
    )
    tail = (
        SseEvent(0.1, "endpoint", f"/messages/{secret * 2}/?session_id={secret}", ""),
        SseEvent(0.2, "message", body, secret),
        Comment(0.3, body),
    )
    return Timeline(
        Probe("sse-proxy", investigations.URL), headers=headers, excerpt=body, tail=tail
    )


def command_log(typed: str) -> Source:
    """The source of `--log web='COMMAND'`, at a vantage of that name."""
    return parse_log(f"web={typed}", [Vantage("web", ("env",))])


def record_with(secret: str, text: str) -> CaseRecord:
    """A record with the secret at every place that can contain one."""
    body, line = text.format(secret), timeline_with(secret, text)
    case = investigations.case(live=True, conf=CONF.format(secret))
    target = replace(
        case.target,
        url=f"{investigations.URL}?token={secret}",
        headers=(("Authorization", f"Bearer {secret}"), ("X-Odd", secret)),
        vantages=(
            Vantage("web", ("kubectl", f"--token={secret}", "exec", "x", "--")),
            Vantage("jump", ("sshpass", "-p", secret, "ssh", "jump")),
            Vantage("oc", ("oc", "--token", secret, "exec", "x")),
        ),
        logs=(
            Source("x", name="pod", command=("logs", "--password", secret)),
            command_log(f"curl -u me:{secret} http://x"),
        ),
    )
    hands = Handshake(
        "proxy",
        investigations.URL,
        endpoint=f"/messages/{secret * 2}",
        post_url=f"{investigations.URL}/messages/{secret * 2}?session_id={secret}",
        why=body,
        exchanges=(Exchange("initialize", line),),
    )
    case = replace(
        case,
        target=target,
        root=line,
        baseline=Attempt(
            proxied=tuple(replace(result, timeline=line, why=body) for result in case.proxy)
        ),
        handshakes=(hands,),
        follow_ups=(FollowUpResult("again", line, body),),
        capabilities=(Capabilities("web", problem=body),),
        logs=(LogReport("a.log", (LogLine("a.log", body, "text", True, meaning=secret),)),),
        problems={"logs": body},
    )
    return CaseRecord(case, (StepState("logs", "fail", body),))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("sh -c 'sleep 9' x --password SEKRET --token SEKRETS", "sh -c 'sleep 9' x --password"),
        ("tail --client-secret 'SEKRET two' --api-key SEKRET -f", "--api-key '[redacted-2]' -f"),
        ("sh -c 'curl -u me:SEKRET http://x' y", "curl -u me:[redacted-1] http://x"),
        ("curl --user me:SEKRET -sN http://x", "curl --user 'me:[redacted-1]' -sN http://x"),
        ("env curl -ume:SEKRET http://x", "env curl '-ume:[redacted-1]' http://x"),
        ("nsenter sshpass -p SEKRET ssh web cat /log", "sshpass -p '[redacted-1]' ssh web"),
    ],
)
def test_the_command_of_a_log_is_stored_without_its_secrets(typed: str, kept: str) -> None:
    """Even short secrets: in the typed text, in the words and in the name."""
    place = command_log(typed)
    target = replace(investigations.TARGET, logs=(place,), vantages=(Vantage("web", ("env",)),))
    case = replace(
        Case(target, logs=(LogReport(str(place), problem=f"{place}: it ended"),)),
        problems={"logs": f"{place}: it ended"},
    )
    document = dump(CaseRecord(case))
    assert "SEKRET" not in document
    loaded = load(document, "case.json").case
    (stored,) = loaded.target.logs
    assert kept in stored.locator
    assert shlex.split(stored.locator) == list(stored.command)
    assert stored.name == loaded.logs[0].file == f"web={stored.locator}"
    assert has_withheld_secret(repr(stored))
    assert load(dump(CaseRecord(loaded)), "case.json").case == loaded


@pytest.mark.parametrize("typed", ["docker exec -u 33:33 web tail -f  /log", "journalctl  -p err"])
def test_the_command_of_a_log_without_secrets_is_stored_as_typed(typed: str) -> None:
    target = replace(investigations.TARGET, logs=(command_log(typed),))
    document = dump(CaseRecord(Case(replace(target, vantages=(Vantage("web", ("env",)),)))))
    assert load(document, "case.json").case.target.logs == target.logs


@settings(deadline=None, max_examples=40)
@given(SECRET, st.sampled_from(PLACES))
def test_no_secret_reaches_the_file(secret: str, text: str) -> None:
    document = dump(record_with(secret, text))
    assert secret not in document
    assert load(document, "case.json").case.target.headers[0][0] == "Authorization"


def test_a_config_keeps_its_lines_and_its_structure() -> None:
    secret = "abc12Secret-999"
    record = record_with(secret, PLACES[0])
    loaded = load(dump(record), "case.json").case.resolution
    assert record.case.resolution is not None
    assert loaded is not None
    before, after = record.case.resolution.config, loaded.config
    assert secret not in "".join(after.texts.values())
    assert [text.count("\n") for text in before.texts.values()] == [
        text.count("\n") for text in after.texts.values()
    ]
    assert shape(before) == shape(after)


def shape(config: Config) -> list[object]:
    """The names, positions and numbers of arguments of all directives."""
    return [_shape(directive) for directive in config.root]


def _shape(directive: Directive) -> object:
    inner = [_shape(child) for child in directive.block] if directive.block is not None else None
    name = (
        "hidden"
        if "redacted-" in directive.name or directive.name.startswith("abc")
        else directive.name
    )
    return name, directive.where, directive.end_line, len(directive.args), inner


def stored_config(text: str) -> str:
    """The text of a config as the case file stores it."""
    resolution = investigations.case(live=True, conf=text).resolution
    loaded = load(
        dump(CaseRecord(replace(Case(investigations.TARGET), resolution=resolution))), "x"
    ).case.resolution
    assert loaded is not None
    (config,) = loaded.config.texts.values()
    return config


@pytest.mark.parametrize(
    "line",
    [
        "proxy_set_header Authorization $http_authorization;",
        'proxy_set_header Cookie "$http_cookie";',
        "proxy_cache_key $scheme$host$uri?token=$arg_token;",
        "hash $arg_sessionId consistent;",
        "ssl_certificate_key /etc/ssl/private/site.key;",
        "auth_basic_user_file /etc/nginx/passwd;",
        "proxy_cookie_path / /;  # a 'quote and a { in a comment",
        "location ~ '^/(a|b){2}/x' { }",
    ],
)
def test_directives_without_secrets_are_stored_unchanged(line: str) -> None:
    text = f"events {{}}\nhttp {{\n server {{\n  {line}\n  listen 80;\n }}\n}}\n"
    assert stored_config(text) == config_from_text(text, "x").texts["x"]


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ('secure_link_md5 "$uri abc99def";', 'secure_link_md5 "$uri [redacted-1]";'),
        ('secure_link_md5 "abc99def $uri";', 'secure_link_md5 "[redacted-1] $uri";'),
        ("if ($arg_token != abc99def) { return 403; }",
         "if ($arg_token != [redacted-1]) { return 403; }"),
        ("if ( $arg_key = 'abc99def' ) { return 403; }",
         "if ( $arg_key = '[redacted-1]' ) { return 403; }"),
        ("if ($arg_page = abc99def) { return 403; }", "if ($arg_page = abc99def) { return 403; }"),
    ],
)  # fmt: skip
def test_only_the_secret_of_a_guard_is_replaced(line: str, stored: str) -> None:
    assert stored in stored_config(f"events {{}}\nhttp {{ server {{\n  {line}\n }} }}\n")


def test_an_opened_case_gives_the_same_recommendation() -> None:
    """The block of the run hides the same secrets as the case file."""
    guards = 'if ($cookie_token != abc99def) { return 403; } secure_link_md5 "$uri abc99def";'
    conf = investigations.CONF.replace("proxy_pass", f"{guards} proxy_pass")
    case = investigations.case(live=False, conf=conf)
    recommendation = recommend(case, diagnose(case))
    loaded = load(dump(CaseRecord(case)), "case.json").case
    assert recommendation is not None
    assert recommendation == recommend(loaded, diagnose(loaded))
    assert "abc99def" not in f"{recommendation.block}{recommendation.diff}"
    assert recommendation.block.count("[redacted-1]") == 2


def test_equal_secrets_stay_equal_and_different_ones_different() -> None:
    first_secret, second_secret = "aaa11111111111", "bbb22222222222"
    lines = [
        timeline_with(secret, PLACES[0]) for secret in (first_secret, first_secret, second_secret)
    ]
    case = replace(Case(investigations.TARGET), baseline=None)
    case = replace(
        case,
        follow_ups=tuple(FollowUpResult("again", line, "x") for line in lines),
        resolution=None,
    )
    loaded = load(dump(CaseRecord(case)), "case.json").case
    first, second, third = (follow_up.timeline for follow_up in loaded.follow_ups)
    assert first == second
    for name in ("mcp-session-id", "x-api-key", "location"):
        assert first.header(name) != third.header(name)
    assert len(pseudonyms(repr(first)) & pseudonyms(repr(third))) == 0


def test_the_origin_header_is_stored() -> None:
    target = replace(
        investigations.TARGET, headers=(("Origin", "https://app.example"), ("X-A", "b"))
    )
    loaded = load(dump(CaseRecord(Case(target))), "case.json")
    assert loaded.case.target.headers[0] == ("Origin", "https://app.example")
    assert "X-A" in loaded.notes[0]
    assert "Origin" not in loaded.notes[0]


def test_saving_again_changes_no_pseudonym() -> None:
    record = load(dump(record_with("abc12Secret999", PLACES[1])), "case.json")
    assert load(dump(record), "case.json") == replace(record, notes=record.notes)


def test_a_new_secret_gets_an_unused_pseudonym() -> None:
    """A pseudonym that a server or an earlier file has written is not given to another secret."""
    line = timeline_with("abc12Secret999", "[redacted-1] [redacted-99999999999]")
    text = dump(CaseRecord(replace(Case(investigations.TARGET), root=line)))
    root = load(text, "case.json").case.root
    assert root is not None
    assert root.header("x-api-key") not in ("[redacted-1]", None)
