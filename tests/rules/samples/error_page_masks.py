"""Samples of error-page-masks."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

CONF = """
http { server { listen 8081; location / {
proxy_pass http://127.0.0.1:12213; proxy_intercept_errors on; %s } } }
"""


def fires() -> Case:
    """The backend's 404 becomes the page of a single-page application."""
    conf = CONF % "error_page 404 =200 /index.html;"
    return make_case(proxy="html", direct="404", conf=conf)


def silent() -> Case:
    """The error page keeps the status, so it is not what answers with 200."""
    conf = CONF % "error_page 404 /index.html;"
    return make_case(proxy="html", direct="404", conf=conf)
