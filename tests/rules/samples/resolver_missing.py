"""Samples of resolver-missing."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

_CONF = """
http { %s server {
    listen 8081;
    set $bot bot.internal;
    location / { proxy_pass http://$bot:12213; }
} }
"""


def fires() -> Case:
    """502, a name in a variable, and no resolver."""
    return make_case(proxy="502", direct="live", conf=_CONF % "")


def silent() -> Case:
    """The same with a resolver: something else is wrong."""
    return make_case(proxy="502", direct="live", conf=_CONF % "resolver 127.0.0.11;")
