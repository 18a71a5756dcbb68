"""What wrote a config, and so where a change has to go: a generated file is written again.

The marks are those of the real templates: rootfs/etc/nginx/template/nginx.tmpl of
kubernetes/ingress-nginx, internal/configs/version1/nginx.ingress.tmpl of nginx/kubernetes-ingress
(version2 for its VirtualServer), backend/templates/proxy_host.conf of
NginxProxyManager/nginx-proxy-manager.
"""

import re

from wizard.model.case import Case
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style

_MARKS: dict[Style, re.Pattern[str]] = {
    "ingress-nginx": re.compile(r"^\s*## start server |\$proxy_upstream_name\b", re.MULTILINE),
    "f5": re.compile(
        r"^# configuration for \S+/\S+$|^\s*set \$resource_(type|namespace) ", re.MULTILINE
    ),
    "npm": re.compile(
        r"\binclude\s+conf\.d/include/proxy\.conf;|/data/logs/proxy-host-\d+_(access|error)\.log"
    ),
}
_VIRTUAL = re.compile(r'^\s*set \$resource_type "virtualserver', re.MULTILINE)


def style_of(case: Case) -> Style:
    """What the user asked for, else what wrote the server's file."""
    return case.target.style or (written_by(case.resolution) if case.resolution else "nginx")


def written_by(resolution: RequestResolution) -> Style:
    """What wrote the file of the server that serves the stream."""
    text = _text(resolution)
    return next((style for style, mark in _MARKS.items() if mark.search(text)), "nginx")


def is_virtual_server(resolution: RequestResolution | None) -> bool:
    """Whether the F5 controller made it from a VirtualServer, which takes no annotations."""
    return resolution is not None and bool(_VIRTUAL.search(_text(resolution)))


def _text(resolution: RequestResolution) -> str:
    return (
        resolution.config.texts.get(resolution.server.directive.where.file, "")
        if resolution.server
        else ""
    )
