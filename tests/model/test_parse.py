"""Parsing of the vantages, hops, configs and logs that options name."""

import shlex

import pytest

from wizard.cli.options import make_parser, target_of
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError

URL = "http://h/sse"
WEB = "web=kubectl exec -n prod deploy/nginx --"


def parse(*words: str) -> Target:
    return target_of(make_parser("check").parse_args([URL, *words]))


def test_a_vantage_prefix_is_split_as_a_shell_splits_it() -> None:
    target = parse("--vantage", "jump=ssh -o 'ProxyCommand nc %h %p' jump")
    assert target.vantages == (Vantage("jump", ("ssh", "-o", "ProxyCommand nc %h %p", "jump")),)


def test_urls_configs_and_logs_can_be_at_a_vantage() -> None:
    target = parse(
        "--vantage", WEB,
        "--direct", "web=http://127.0.0.1:12213/sse",
        "--conf", "web=",
        "--log", "web=/var/log/nginx/access.log",
        "--log", "web=journalctl -f -u nginx",
        "--log", "pod=kubectl logs deploy/backend --since=10m -f",
    )  # fmt: skip
    assert target.direct == (Source("http://127.0.0.1:12213/sse", "web"),)
    assert target.conf == Source("", "web")
    assert [str(log) for log in target.logs] == [
        "web=/var/log/nginx/access.log",
        "web=journalctl -f -u nginx",
        "pod",
    ]
    assert [log.vantage for log in target.logs] == ["web", "web", "local"]
    assert target.logs[2].command[:2] == ("kubectl", "logs")


def test_a_websocket_is_examined_by_the_url_of_its_handshake() -> None:
    words = "WSS://h:8443/ws#x --direct web=ws://d/ws --hop edge=web=ws://e/ws --hop web=wss://f/ws"
    options = make_parser("check").parse_args([*words.split(), "--vantage", "web=ssh web"])
    target = target_of(options)
    assert (target.url, target.upgrade) == ("https://h:8443/ws", True)
    assert target.typed_url == "wss://h:8443/ws"
    assert target.direct == (Source("http://d/ws", "web"),)
    assert [str(hop) for hop in target.hops] == ["edge=web=http://e/ws", "web=web=https://f/ws"]
    assert parse("--direct", "ws://d/ws").upgrade
    assert parse("--hop", "edge=ws://d/ws").upgrade
    assert parse("--upgrade").upgrade
    assert not parse("--direct", "http://ws:80/ws", "--header", "A: ws://d").upgrade


@pytest.mark.parametrize(
    ("given", "log"),
    [
        ("pod=podlogs", Source("podlogs", name="pod", command=("podlogs",))),
        ("web=error", Source("error", "web")),
        ("local=error", Source("error")),
        ("web=tail error", Source("tail error", "web", "web=tail error", ("tail", "error"))),
    ],
)
def test_one_word_for_a_log_is_a_command_only_without_such_a_vantage(
    given: str, log: Source
) -> None:
    assert parse("--vantage", WEB, "--log", given).logs == (log,)


def test_a_hop_named_like_a_vantage_is_probed_from_it() -> None:
    hops = ("--hop", "edge=http://edge/sse", "--hop", "web=http://127.0.0.1/sse")
    target = parse("--vantage", WEB, *hops, "--hop", "in=web=http://b/sse")
    assert target.hops == (
        Hop("edge", Source("http://edge/sse")),
        Hop("web", Source("http://127.0.0.1/sse", "web")),
        Hop("in", Source("http://b/sse", "web")),
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--vantage", "ssh web"), "NAME='COMMAND PREFIX'"),
        (("--vantage", "web="), "the command is missing"),
        (("--vantage", "web=ssh 'web"), "no closing quotation"),
        (("--vantage", "web=docker exec web sh -c"), "leave out"),
        (("--vantage", "local=ssh a"), "taken"),
        (("--vantage", WEB, "--vantage", WEB), "taken"),
        (("--direct", "pod=http://h/sse"), "no vantage pod is known"),
        (("--vantage", WEB, "--direct", "pod=http://h/sse"), r"\(web\)"),
        (("--conf", "pod="), "no vantage pod is known"),
        (("--log", "pod=/var/log/a"), "no vantage pod is known"),
        (("--log", "pod=access.log"), "no vantage pod is known"),
        (("--conf", "http://h/sse"), "a URL where a file"),
        (("--vantage", WEB, "--log", "web=http://h/sse"), "a URL where a file"),
        (("--log", "pod=kubectl 'logs -f"), "no closing quotation"),
        (("--hop", "http://h/sse"), "NAME=URL"),
        (("--hop", "a=http://h/sse", "--hop", "a=http://i/sse"), "taken"),
        (("--hop", "a=ftp://h/sse"), "not a URL|no vantage"),
    ],
)
def test_an_error_message_names_the_mistake(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(*words)


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("ip netns exec ns1", "ip netns exec ns1 echo 'a b'"),
        ("ssh jump", """ssh jump "echo 'a b'" """),
        ("ssh jump ssh inner", r"""ssh jump ssh inner "'echo '\"'\"'a b'\"'\"''" """),
        ("ssh ssh", """ssh ssh "echo 'a b'" """),
        ("kubectl exec -n ssh p --", "kubectl exec -i -n ssh p -- echo 'a b'"),
        ("docker exec -it web", "docker exec -i web echo 'a b'"),
        ("podman exec -t --user 1 web", "podman exec -i --user 1 web echo 'a b'"),
        ("ssh h docker exec web", """ssh h docker exec -i web "echo 'a b'" """),
    ],
)
def test_the_words_of_a_command_stay_whole_at_the_vantage(prefix: str, command: str) -> None:
    vantage = parse("--vantage", f"v={prefix}").vantages[0]
    assert vantage.argv(["echo", "a b"]) == shlex.split(command)


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ("unix:/run/app.sock:/sse?a=1", Source("unix:/run/app.sock:/sse?a=1")),
        ("web=unix:/run/app.sock:/sse", Source("unix:/run/app.sock:/sse", "web")),
        ("local=UNIX:/run/a=b.sock:/sse#f", Source("unix:/run/a=b.sock:/sse")),
        ("http://unix:/run/app.sock:/sse", Source("unix:/run/app.sock:/sse")),
        ("http://unix:8080/sse", Source("http://unix:8080/sse")),
    ],
)
def test_the_url_of_a_unix_socket(given: str, source: Source) -> None:
    assert parse("--vantage", WEB, "--direct", given).direct == (source,)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("unix:/run/app.sock", "the stream's URI is missing after the socket"),
        ("unix:/run/app.sock:sse", "the stream's URI is missing after the socket"),
        ("unix:app.sock:/sse", "the socket's absolute path is missing"),
        ("unix:/run/:/sse", "the socket's absolute path is missing"),
        ("unix:/run/a b.sock:/sse", "it has blanks or other characters that no URL has"),
        ("https://unix:/run/app.sock:/sse", "TLS over a unix socket is not possible here"),
    ],
)
def test_a_wrong_form_of_a_unix_socket(given: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("--direct", given)
    assert str(caught.value) == f"{given}: {problem}: write it as unix:/PATH/SOCKET:/URI"


def test_a_unix_socket_is_no_public_url_and_no_hop() -> None:
    with pytest.raises(UsageError, match="give a unix socket as --direct"):
        target_of(make_parser("check").parse_args(["unix:/run/app.sock:/sse"]))
    with pytest.raises(UsageError, match="its URL begins with http"):
        parse("--hop", "inner=unix:/run/app.sock:/sse")
