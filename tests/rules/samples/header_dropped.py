"""Samples of header-dropped."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """401 through a location that drops the credentials; the direct request is served."""
    return _case('proxy_set_header Authorization "";')


def silent() -> Case:
    """The same where the location passes them on."""
    return _case("proxy_set_header Authorization $http_authorization;")


def _case(line: str) -> Case:
    conf = (
        "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213;"
        f" proxy_buffering off; proxy_read_timeout 1h; {line} }} }}"
    )
    case = make_case(proxy="401", direct="live", conf=conf)
    return replace(case, target=replace(case.target, headers=(("Authorization", "Bearer a"),)))
