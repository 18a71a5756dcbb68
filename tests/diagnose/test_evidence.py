"""Evidence sentences: what they say of settings."""

import pytest

from tests.rules.samples.build import resolve
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
