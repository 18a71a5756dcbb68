"""Samples of header-inheritance-lost."""

from dataclasses import replace

from tests.rules.samples.build import make_case, resolve
from wizard.model.case import Case


def fires() -> Case:
    """401 as for a direct request without the credential that the server level sends."""
    return _case("proxy_set_header X-Real-IP $remote_addr;")


def silent() -> Case:
    """401, and the location inherits all headers: no header is missing."""
    return _case("")


def _case(more: str) -> Case:
    passing = "proxy_pass http://127.0.0.1:12213;"
    conf = (
        "server { listen 8081; proxy_set_header Host $host;"
        f' proxy_set_header Authorization "Bearer inner"; location / {{ {passing} }}'
        f" location = /sse {{ {passing} {more} }} }}"
    )
    case = make_case(proxy="401", direct="401", conf=conf)
    return replace(case, root_resolution=resolve(conf, "http://127.0.0.1:8081/"))
