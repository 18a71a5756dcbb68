"""No secret of any input is in any output."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.secrets.incident import Incident, incident
from tests.hostile.secrets.outputs import inspected, investigate, reports, saved, screens
from tests.hostile.secrets.planted import Planted, leaks

Outputs = dict[str, str]
KINDS = ("report", "case", "opened", "autosave", "last", "exit", "inspect", "screen", "clipboard")
"""The first words of the names of the outputs."""
IN_ARGUMENTS = ("prefix of a vantage", "log command")
"""What a user gives as a command has its secrets in the list of processes, as in a shell."""
NOT_FOUND = (
    "<GHP>", "<PAT>", "<SK>", "<GLPAT>", "<XOXB>", "<AKIA>", "<PEM>", "/messages/<UUID>",
    "/mcp/<UUID>", "password:<PASSWORD>", "password: <PASSWORD>", "aws_secret_access_key",
    'bob "<WORD>', "js_var $js_secret", "set $pw", 'local pw = "<WORD>', "grpc_set_header",
    "proxy_pass http://svc:<PASSWORD>",
)  # fmt: skip
"""The places of secrets that are known to be shown (SECURITY.md, known limits)."""


@pytest.fixture(scope="module", params=["refused", "held", "posted"])
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Incident, Outputs]]:
    """One incident, investigated once, with all that is shown of it."""
    folder: Path = tmp_path_factory.mktemp("incident")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with incident(
            folder, held=request.param == "held", posts=request.param == "posted"
        ) as inputs:
            investigation, commands = investigate(inputs)
            outputs = {"near processes": commands, "far processes": inputs.far_argv.read_text()}
            outputs.update(reports(investigation, folder))
            outputs.update(saved(investigation, folder))
            outputs.update(inspected(inputs, folder))
            outputs.update(asyncio.run(screens(investigation)))
        yield inputs, outputs


@pytest.mark.parametrize("kind", KINDS)
def test_no_output_shows_a_secret(shown: tuple[Incident, Outputs], kind: str) -> None:
    inputs, outputs = shown
    texts = {name: text for name, text in outputs.items() if name.split()[0] == kind}
    assert texts
    found = {name: _leaks(text, inputs.planted) for name, text in texts.items()}
    assert not any(found.values()), "\n".join(f"{name}: {at}" for name, at in found.items() if at)


def _leaks(text: str, planted: list[Planted]) -> list[str]:
    return [at for at in leaks(text, planted) if not any(place in at for place in NOT_FOUND)]


def test_no_process_has_a_secret_in_its_arguments(shown: tuple[Incident, Outputs]) -> None:
    inputs, outputs = shown
    near = leaks(outputs["near processes"], inputs.planted)
    assert [at for at in near if not at.startswith(IN_ARGUMENTS)] == []
    assert any("jump.py" in line for line in outputs["near processes"].splitlines())


def test_no_process_at_a_vantage_has_a_secret_in_its_arguments(
    shown: tuple[Incident, Outputs],
) -> None:
    inputs, outputs = shown
    assert leaks(outputs["far processes"], inputs.planted) == []
    assert "curl" in outputs["far processes"]


ORDINARY = {
    "report as json": (
        "page=2", "upstream timed out (110: Connection timed out)", "203.0.113.7", "/mcp/",
        "https://app.example/", "HTTP/1.1\\\" 499 0", "Mozilla",
    ),
    "case file": (
        "page=2", "proxy_cookie_path", "X-Forwarded-User", "auth_request /auth",
        "grpc://10.0.0.9:1", "DB_PASSWORD", "fastcgi_param", "text/event-stream",
        "upstream timed out (110: Connection timed out)", "https://cdn.example/a",
    ),
    "inspect /sse as text": (
        "X-Forwarded-User", "X-Upstream-Auth", "127.0.0.1", "location  /", "nginx.conf:",
    ),
    "screen config, 200 columns": ("X-Api-Key", "location", "proxy_set_header", "nginx.conf:"),
    "screen logs, 200 columns": ("page=2", "our probe", "499 0", "203.0.113.7"),
}  # fmt: skip
"""Ordinary words beside the secrets, which the outputs must keep."""


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_words_beside_secrets_stay(shown: tuple[Incident, Outputs], name: str) -> None:
    assert [text for text in ORDINARY[name] if text not in shown[1][name]] == []
