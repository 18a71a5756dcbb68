"""Samples of header-dropped."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """406 through a location that drops Accept; the direct request is served."""
    return _case('proxy_set_header Accept "";')


def silent() -> Case:
    """The same where the location passes it on."""
    return _case("proxy_set_header Accept $http_accept;")


def _case(line: str) -> Case:
    conf = (
        "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213;"
        f" proxy_buffering off; proxy_read_timeout 1h; {line} }} }}"
    )
    return make_case(proxy="406", direct="live", conf=conf)
