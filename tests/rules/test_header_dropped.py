"""header-dropped beside directives that ask for credentials."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.samples.build import make_case
from wizard.model.case import Case


def without_credentials(guard: str) -> Case:
    """Return a case whose config drops the user's credentials, behind this directive."""
    lines = f'proxy_pass http://127.0.0.1:12213; {guard} proxy_set_header Authorization "";'
    case = make_case(
        proxy="401", direct="live", conf=f"server {{ listen 8081; location / {{ {lines} }} }}"
    )
    target = replace(case.target, headers=(("Authorization", "Bearer x"),))
    return replace(case, target=target)


def test_credentials_that_are_not_passed_on_are_a_cause() -> None:
    assert confidence_of("header-dropped", without_credentials("")) == "likely"


@pytest.mark.parametrize("guard", ["auth_basic staff;", "auth_request /ask;", "auth_jwt staff;"])
def test_credentials_that_nginx_checks_itself_are_dropped_on_purpose(guard: str) -> None:
    assert confidence_of("header-dropped", without_credentials(guard)) is None
