"""Samples of response-filter."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

CONF = """
http { server { listen 8081;
location / { proxy_pass http://127.0.0.1:12213; proxy_http_version 1.1; %s } } }
"""


def fires() -> Case:
    """Small events pass the buffers, and a script rewrites each response."""
    return make_case(proxy="held", direct="live", conf=CONF % "js_body_filter a.change;")


def silent() -> Case:
    """HTTP/1.0 to the backend: buffering alone holds it, with a filter or without."""
    conf = (CONF % "js_body_filter a.change;").replace("1.1", "1.0")
    return make_case(proxy="held", direct="live", conf=conf)
