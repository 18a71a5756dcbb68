"""header-dropped: Nginx sends a message with another method or body than its client."""

import pytest

from tests.rules.samples.build import make_post_case
from wizard.diagnose.diagnose import diagnose

CONF = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; %s } }"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("proxy_pass_request_body off;", 502),
        ("proxy_pass_request_body off;", 400),
        ("proxy_set_body '{}';", 400),
        ("proxy_method GET;", 405),
    ],
)
def test_a_message_that_the_config_changes(line: str, status: int) -> None:
    diagnosis = diagnose(make_post_case(CONF % line, status))
    causes = {cause.id: cause for cause in diagnosis.causes}
    assert causes["header-dropped"].confidence == "likely"
    assert "nginx.conf:1" in causes["header-dropped"].fix.summary


@pytest.mark.parametrize(
    "line",
    [
        "",
        "proxy_pass_request_body on;",
        "proxy_set_body $request_body;",
        "proxy_method $request_method;",
        "proxy_method POST;",
    ],
)
def test_a_message_that_is_passed_on_as_it_is(line: str) -> None:
    diagnosis = diagnose(make_post_case(CONF % line, 400))
    assert "header-dropped" not in {cause.id for cause in diagnosis.causes}
