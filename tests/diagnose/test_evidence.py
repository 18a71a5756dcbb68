"""Evidence sentences: what they say of settings."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, resolve
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.evidence import setting_evidence

CONF = (
    "events {}\nhttp { server { listen 8081; location / { proxy_pass http://127.0.0.1:1; %s } } }"
)


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("", "proxy_ignore_headers", "proxy_ignore_headers is not set"),
        ("", "proxy_buffering", "proxy_buffering on: Nginx's default, nothing sets it"),
        ("proxy_buffering off;", "proxy_buffering", "proxy_buffering off"),
        ("", "no_such_directive", "no_such_directive is not set"),
    ],
)
def test_a_setting_is_shown_with_its_origin(line: str, name: str, text: str) -> None:
    assert setting_evidence(resolve(CONF % line, "http://h:8081/sse"), name).text == text


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.22.1", "proxy_http_version 1.0: Nginx's default, nothing sets it"),
        ("1.31.3", "proxy_http_version 1.1: Nginx's default, nothing sets it"),
        (
            None,
            "nothing sets proxy_http_version, and Nginx's version is not known: 1.0 is the default "
            "before 1.29.7, and 1.1 from it on",
        ),
    ],
)
def test_a_default_that_depends_on_the_version_is_not_guessed(
    version: str | None, text: str
) -> None:
    resolution = replace(resolve(CONF % "", "http://h:8081/sse", version or ""), version=version)
    assert setting_evidence(resolution, "proxy_http_version").text == text


@pytest.mark.parametrize(("kind", "is_said"), [("live", True), ("403", False), ("held", False)])
def test_a_missing_second_event_is_said_only_of_a_stream(kind: str, is_said: bool) -> None:
    diagnosis = diagnose(make_case(proxy=kind, direct=kind, conf=CONF % ""))
    (risk,) = [risk for risk in diagnosis.risks if risk.id == "idle-read-timeout"]
    assert any("no second event" in item.text for item in risk.evidence) == is_said
