"""No secret of any input is in any output."""

import asyncio
from pathlib import Path

import pytest

from tests.hostile.secrets.incident import Incident, incident
from tests.hostile.secrets.outputs import inspected, investigate, reports, saved, screens
from tests.hostile.secrets.planted import Planted, leaks

Outputs = dict[str, str]
KINDS = frozenset(
    ("report", "case", "opened", "autosave", "last", "exit", "inspect", "screen", "clipboard")
)
"""The first words of the names of the outputs."""
IN_ARGUMENTS = ("prefix of a vantage", "log command")
"""What a user gives as a command has its secrets in the list of processes, as in a shell."""
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
    "screen logs, 200 columns": ("our probe", "203.0.113.7"),
}  # fmt: skip
"""Ordinary words beside the secrets, which the outputs must keep."""


def _shown(inputs: Incident, folder: Path) -> Outputs:
    """All that is shown of an incident, which is investigated once."""
    investigation, commands = investigate(inputs)
    outputs = {"near processes": commands, "far processes": inputs.far_argv.read_text()}
    outputs.update(reports(investigation, folder))
    outputs.update(saved(investigation, folder))
    outputs.update(inspected(inputs, folder))
    outputs.update(asyncio.run(screens(investigation)))
    return outputs


@pytest.mark.parametrize("kind", ["refused", "held", "posted"])
def test_no_output_shows_a_secret(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with incident(tmp_path, held=kind == "held", posts=kind == "posted") as inputs:
        outputs = _shown(inputs, tmp_path)
    assert {name.split()[0] for name in outputs} >= KINDS
    assert "sh -c" in outputs["near processes"]
    assert "curl" in outputs["far processes"]
    found = {name: _leaks(name, text, inputs.planted) for name, text in outputs.items()}
    assert not any(found.values()), "\n".join(f"{name}: {at}" for name, at in found.items() if at)
    for name, words in ORDINARY.items():
        assert [word for word in words if word not in outputs[name]] == [], name


def _leaks(name: str, text: str, planted: list[Planted]) -> list[str]:
    allowed = IN_ARGUMENTS if name == "near processes" else ()
    return [at for at in leaks(text, planted) if not any(place in at for place in allowed)]
