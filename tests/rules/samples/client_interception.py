"""Samples of client-interception."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """Held though this Nginx does not buffer, and / is answered through an inspecting proxy."""
    case = silent()
    assert case.root is not None
    headers = (*case.root.headers, ("via", "1.1 gate (McAfee Web Gateway 12.2)"))
    return replace(case, root=replace(case.root, headers=headers))


def silent() -> Case:
    """Held though this Nginx does not buffer, and no product identifies itself."""
    return make_case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
    )
