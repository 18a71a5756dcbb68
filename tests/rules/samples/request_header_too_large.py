"""Samples of request-header-too-large."""

from tests.rules.samples.build import make_case, with_answer
from wizard.model.case import Case

_PAGE = (
    "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n<body>\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n"
    "<center>Request Header Or Cookie Too Large</center>\r\n<hr><center>nginx/1.22.1</center>"
)


def fires() -> Case:
    """400 with Nginx's page for it."""
    case = make_case(proxy="400", direct="live", settings={"proxy_buffering": "off"})
    return with_answer(case, body=_PAGE)


def silent() -> Case:
    """400 with a page of the backend."""
    case = make_case(proxy="400", direct="live", settings={"proxy_buffering": "off"})
    return with_answer(case, body="Bad Request: no session")
