"""Samples of auth-gate."""

from tests.rules.samples.build import make_case, with_answer
from wizard.model.case import Case


def fires() -> Case:
    """auth_basic in Nginx, and a backend that is live."""
    case = make_case(
        proxy="401", direct="live", settings={"proxy_buffering": "off", "auth_basic": "closed"}
    )
    page = "<center><h1>401</h1></center>\r\n<hr><center>nginx/1.22.1</center>"
    return with_answer(case, (("www-authenticate", 'Basic realm="closed"'),), page)


def silent() -> Case:
    """The backend itself asks for credentials, as MCP servers do."""
    case = make_case(proxy="401", direct="401", settings={"proxy_buffering": "off"})
    return with_answer(case, (("www-authenticate", "Bearer"),))
