"""What wrote a config, which decides where a change has to go: a generated file is written again.

A further ingress controller is one more entry in `_MARKS`, in `DIALECTS` and in `Style`, and a text
in each `_NOTES` of the rules and in `wizard/diagnose/rule_settings.py` that has one per style. The
marks are those of the real templates: rootfs/etc/nginx/template/nginx.tmpl of
kubernetes/ingress-nginx, internal/configs/version1/nginx.ingress.tmpl of nginx/kubernetes-ingress
(version2 for its VirtualServer), backend/templates/proxy_host.conf of
NginxProxyManager/nginx-proxy-manager. Names and values of annotations: kubernetes/ingress-nginx,
docs/user-guide/nginx-configuration/annotations.md; nginx/kubernetes-ingress,
internal/configs/annotations.go.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.nginx.settings import duration_s
from wizard.text.messages import tr

_MARKS: dict[Style, re.Pattern[str]] = {
    "ingress-nginx": re.compile(r"^\s*## start server |\$proxy_upstream_name\b", re.MULTILINE),
    "f5": re.compile(
        r"^# configuration for \S+/\S+$|^\s*set \$resource_(type|namespace) ", re.MULTILINE
    ),
    "npm": re.compile(
        r"\binclude\s+conf\.d/include/proxy\.conf;|/data/logs/proxy-host-\d+_(access|error)\.log"
    ),
}
_VIRTUAL_SERVER = re.compile(r'^\s*set \$resource_type "virtualserver', re.MULTILINE)


def style_of(case: Case) -> Style:
    """The style that the user gave, else that of the program that wrote the server's file."""
    return case.target.style or (written_by(case.resolution) if case.resolution else "nginx")


def written_by(resolution: RequestResolution) -> Style:
    """The program that wrote the file of the server that serves the stream."""
    text = _server_file(resolution)
    return next((style for style, mark in _MARKS.items() if mark.search(text)), "nginx")


def is_virtual_server(resolution: RequestResolution | None) -> bool:
    """True if the F5 controller wrote it from a VirtualServer, which takes no annotations."""
    return resolution is not None and bool(_VIRTUAL_SERVER.search(_server_file(resolution)))


def _server_file(resolution: RequestResolution) -> str:
    server = resolution.server
    return resolution.config.texts.get(server.directive.where.file, "") if server else ""


Format = Callable[[str], str]
"""From a directive's value to that of an annotation; `str` leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The annotations of an ingress controller, with notes on their use.

    Attributes:
        prefix: What all its annotations begin with.
        annotations: By directive the annotation's name and the format of its value.
        snippet: The annotation that takes lines of Nginx.
        snippet_condition: What must be switched on before a snippet is accepted.
        scope_note: For which paths annotations hold.
        unbuffered_note: For findings that switch buffering off.
        virtual_server_note: What to set instead in a VirtualServer.
    """

    prefix: str
    annotations: Mapping[str, tuple[str, Format]]
    snippet: str
    snippet_condition: str
    scope_note: str
    unbuffered_note: str = ""
    virtual_server_note: str = ""
    controller_note: str = ""


def _seconds(value: str) -> str:
    return f"{duration_s(value) or 0:g}"


def _boolean(value: str) -> str:
    return "False" if value == "off" else "True"


DIALECTS: dict[Style, Dialect] = {
    "ingress-nginx": Dialect(
        prefix="nginx.ingress.kubernetes.io",
        annotations={
            "proxy_buffering": ("proxy-buffering", str),
            "proxy_read_timeout": ("proxy-read-timeout", _seconds),
            "proxy_connect_timeout": ("proxy-connect-timeout", _seconds),
            "client_max_body_size": ("proxy-body-size", str),
            "proxy_http_version": ("proxy-http-version", str),
            "proxy_ssl_server_name": ("proxy-ssl-server-name", str),
            "proxy_ssl_name": ("proxy-ssl-name", str),
            "hash": ("upstream-hash-by", lambda value: value.split()[0]),
        },
        snippet="configuration-snippet",
        snippet_condition=tr(
            "needs allow-snippet-annotations in the controller's ConfigMap, which is off by default"
        ),
        scope_note=tr(
            "annotations hold for every path of their Ingress: give the stream (and its "
            "messages) an Ingress of its own for the same host"
        ),
        unbuffered_note=tr(
            "ingress-nginx has buffering off unless its ConfigMap or an annotation turns it on. "
            "Where it is off and the stream is still held, another proxy in front of it holds "
            "it. What remains to set here is the read timeout, 60 s by default"
        ),
        controller_note=tr(
            "ingress-nginx was retired in March 2026 and gets no more fixes: plan to leave it"
        ),
    ),
    "f5": Dialect(
        prefix="nginx.org",
        annotations={
            "proxy_buffering": ("proxy-buffering", _boolean),
            "proxy_read_timeout": ("proxy-read-timeout", str),
            "proxy_connect_timeout": ("proxy-connect-timeout", str),
            "client_max_body_size": ("client-max-body-size", str),
            "limit_req_dry_run": ("limit-req-dry-run", lambda _: "true"),
            "hash": ("lb-method", lambda value: f"hash {value}"),
        },
        snippet="location-snippets",
        snippet_condition=tr("needs -enable-snippets on the controller, which is off by default"),
        scope_note=tr(
            "annotations hold for every path of their Ingress; the F5 controller takes several "
            "for one host only as master and minions (nginx.org/mergeable-ingress-type): put "
            "these on the minion of the stream's path"
        ),
        virtual_server_note=tr(
            "this host is a VirtualServer, which takes no annotations: set the same in its "
            "upstream: buffering: false, read-timeout: 3600s, client-max-body-size, lb-method"
        ),
    ),
}
