"""The command to try by hand goes through the same prefix."""

import shlex

from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.model.vantage import Vantage
from wizard.probe.curl import curl_command

URL = "http://h/sse?a=b&c=d"


def test_kubectl() -> None:
    pod = Vantage("web", ("kubectl", "exec", "-it", "deploy/nginx", "--"))
    made = curl_command(Probe("sse-direct", URL, vantage="web"), Target(URL, vantages=(pod,)), 10)
    before = "kubectl exec -i deploy/nginx --"
    assert made == f"{before} {curl_command(Probe('sse-direct', URL), Target(URL), 10)}"


def test_ssh_has_a_shell_of_its_own_over_there() -> None:
    jump = Vantage("web", ("ssh", "jump"))
    made = curl_command(Probe("sse-direct", URL, vantage="web"), Target(URL, vantages=(jump,)), 10)
    here = shlex.split(made)
    assert here[:2] == ["ssh", "jump"]
    assert shlex.split(here[2])[-1] == URL
