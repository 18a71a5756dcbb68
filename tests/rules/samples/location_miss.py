"""Samples of location-miss."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """Buffering is off in a plain prefix location, and a regex wins over it."""
    return _case("/sse")


def silent() -> Case:
    """The same with `^~`, which no regex wins over."""
    return _case("^~ /sse")


def _case(name: str) -> Case:
    passing = "proxy_pass http://127.0.0.1:12213;"
    conf = (
        f"server {{ listen 8081; location {name} {{ {passing} proxy_buffering off; }}"
        f" location ~ ^/(sse|message) {{ {passing} }} }}"
    )
    return make_case(proxy="held", direct="live", conf=conf)
