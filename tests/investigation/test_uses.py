"""What steps do on the word of a target, each use with its place."""

from dataclasses import replace

import pytest

from tests.screens import investigations
from wizard.investigation import casefile
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.investigation.uses import MAX_COMMAND_CHARS, MAX_USES, describe_problem, uses_of
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Vantage

WEB = Vantage("web", ("ssh", "web host"))
FULL = Target(
    "https://h/sse",
    direct=(Source("http://b:8080/sse"), Source("http://c/sse", "web")),
    conf=Source(""),
    logs=(
        Source("/var/log/nginx/access.log", "web"),
        Source("kubectl logs -f pod", name="bot", command=("kubectl", "logs", "-f", "pod")),
        Source("journalctl -f", "web", "web=journalctl -f", ("journalctl", "-f")),
    ),
    insecure=True,
    connect_to=("10.0.0.9", 8443),
    mcp="always",
    vantages=(WEB,),
    hops=(Hop("edge", Source("http://edge/sse", "web")),),
)


def test_every_use_is_named_with_its_place() -> None:
    assert [use.sentence for use in uses_of(FULL)] == [
        "here: run ssh 'web host'",
        "here: run kubectl logs -f pod",
        "at web: run journalctl -f",
        "here: run nginx -T",
        "here: request https://h/sse",
        "at web: request http://edge/sse",
        "here: request http://b:8080/sse",
        "at web: request http://c/sse",
        "here: connect to 10.0.0.9:8443 instead of the URL's host",
        "here: accept any certificate",
        "here: post MCP messages, whether or not MCP is spoken",
        "at web: read /var/log/nginx/access.log",
    ]


def test_another_prefix_is_another_place() -> None:
    elsewhere = replace(FULL, vantages=(Vantage("web", ("ssh", "other")),))
    changed = set(uses_of(elsewhere)) - set(uses_of(FULL))
    assert {use.sentence for use in changed} == {
        use.sentence.replace("'web host'", "other")
        for use in uses_of(FULL)
        if use.prefix or "web host" in use.text
    }


def test_a_vantage_that_is_called_local_is_not_shown_as_here() -> None:
    forged = Target("http://h/", conf=Source(""), vantages=(Vantage("local", ("sh",)),))
    assert [use.sentence for use in uses_of(forged)][:2] == [
        "here: run sh",
        "at local: run nginx -T",
    ]


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\nhere: read b", "a\u202eb", "a\x9b1m"])
def test_control_characters_are_escaped(text: str) -> None:
    target = Target("http://h/", logs=(Source(text, text),), vantages=(Vantage(text, ("x", text)),))
    for use in uses_of(target):
        assert use.sentence.isprintable()


def test_what_cannot_be_read_in_full_cannot_be_confirmed() -> None:
    assert describe_problem(uses_of(FULL)) == ""
    long = replace(FULL, vantages=(Vantage("web", ("sh", "-c", "x" * MAX_COMMAND_CHARS)),))
    assert "too long to be confirmed: here: run sh -c xxx" in describe_problem(uses_of(long))
    many = replace(FULL, direct=tuple(Source(f"http://h/{n}") for n in range(MAX_USES)))
    assert "too many to be confirmed" in describe_problem(uses_of(many))


def saved(target: Target) -> SavedInvestigation:
    record = record_of(investigations.failing())
    text = casefile.dump(replace(record, case=replace(record.case, target=target)))
    return SavedInvestigation(casefile.load(text, "case.json"))


def test_a_file_is_allowed_nothing() -> None:
    assert saved(FULL).unconfirmed == uses_of(FULL)


def test_what_the_user_gives_is_allowed_and_nothing_beside_it() -> None:
    investigation = saved(FULL)
    given = Source("/etc/nginx/nginx.conf", "web")
    investigation.amend(replace(investigation.target, conf=given))
    left = [use.sentence for use in investigation.unconfirmed]
    assert "at web: read /etc/nginx/nginx.conf" not in left
    assert left == [use.sentence for use in uses_of(FULL) if use.text != "nginx -T"]
