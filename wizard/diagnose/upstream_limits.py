"""Limits on the number of connections: `max_conns` of an upstream's servers, and
`worker_connections`.

https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
https://nginx.org/en/docs/ngx_core_module.html#worker_connections
"""

from wizard.diagnose.facts.evidence import line_evidence
from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.diagnosis import Evidence
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import upstream_block_of
from wizard.text.config_tokens import quote_argument
from wizard.text.messages import tr

_PARAMETER = "max_conns="
_UNLIMITED = "max_conns=0"
_WHY_UNLIMITED = tr(
    "without max_conns, which counts each stream for as long as it is open; where the backend "
    "needs a limit, one beyond the number of streams that are open at once"
)
DEFAULT_WORKER_CONNECTIONS = "512"


def limited_servers(resolution: RequestResolution | None) -> tuple[Directive, ...]:
    """The `server` lines of the request's upstream that limit its connections, if all in use do."""
    block = upstream_block_of(resolution) if resolution else None
    if block is None:
        return ()
    servers = [each for each in block.children("server") if each.args and "down" not in each.args]
    limited = tuple(each for each in servers if _limit(each))
    return limited if len(limited) == len(servers) else ()


def _limit(server: Directive) -> str:
    limits = [arg for arg in server.args[1:] if arg.startswith(_PARAMETER)]
    return limits[-1] if limits and limits[-1] != _UNLIMITED else ""


def unlimited_servers(resolution: RequestResolution) -> tuple[Change, ...]:
    """The same servers without the limit."""
    return tuple(
        Change(
            "server",
            " ".join(quote_argument(arg) for arg in each.args if not arg.startswith(_PARAMETER)),
            _WHY_UNLIMITED,
            scope="upstream",
        )
        for each in limited_servers(resolution)
    )


def worker_connections(resolution: RequestResolution) -> Evidence:
    """How many connections a worker may have, and where that is set."""
    blocks = (line for line in resolution.config.root if line.name == "events")
    lines = [line for block in blocks for line in block.children("worker_connections")]
    if not lines:
        text = tr(
            "worker_connections {number}: Nginx's default, nothing sets it",
            number=DEFAULT_WORKER_CONNECTIONS,
        )
        return Evidence("config", resolution.config.main, text)
    return line_evidence(lines[-1])
