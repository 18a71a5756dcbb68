"""The command line that runs a command through a vantage's prefix."""

import shlex

import pytest

from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.model.vantage import Vantage
from wizard.probe.curl import curl_command

URL = "http://h/sse?a=b&c=d"


def test_a_curl_command_runs_through_kubectl() -> None:
    pod = Vantage("web", ("kubectl", "exec", "-it", "deploy/nginx", "--"))
    command = curl_command(
        Probe("sse-direct", URL, vantage="web"), Target(URL, vantages=(pod,)), 10
    )
    prefix = "kubectl exec -i deploy/nginx --"
    assert command == f"{prefix} {curl_command(Probe('sse-direct', URL), Target(URL), 10)}"


def test_a_curl_command_is_quoted_for_the_shell_that_ssh_meets() -> None:
    jump = Vantage("web", ("ssh", "jump"))
    command = curl_command(
        Probe("sse-direct", URL, vantage="web"), Target(URL, vantages=(jump,)), 10
    )
    words = shlex.split(command)
    assert words[:2] == ["ssh", "jump"]
    assert shlex.split(words[2])[-1] == URL


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("kubectl --context=x/ssh exec a --", "kubectl --context=x/ssh exec -i a -- echo 'a b'"),
        ("ip netns exec docker", "ip netns exec docker echo 'a b'"),
        ("ip netns exec n docker exec -it w", "ip netns exec n docker exec -i w echo 'a b'"),
        ("sudo -- docker exec w", "sudo -- docker exec -i w echo 'a b'"),
        ("ssh jump docker exec w", "ssh jump docker exec -i w 'echo '\"'\"'a b'\"'\"''"),
    ],
)
def test_names_of_programs_as_arguments_change_nothing(prefix: str, expected: str) -> None:
    assert Vantage("x", tuple(prefix.split())).shown(["echo", "a b"]) == expected
