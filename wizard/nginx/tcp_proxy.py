"""The `stream` block: Nginx as a proxy of connections, in front of its own HTTP servers or others.

https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html#proxy_timeout
"""

from wizard.model.config import Config, Directive
from wizard.model.resolution import Setting
from wizard.nginx.servers import listens_of

DEFAULT_TIMEOUT = "10m"


def timeout_in_front(config: Config, port: int) -> Setting | None:
    """The `proxy_timeout` of the `stream` server that listens on this port and passes on what
    comes; None if none does."""
    for block in (line for line in config.root if line.name == "stream"):
        for server in block.children("server"):
            if next(server.children("proxy_pass"), None) and _listens(server, port):
                return _timeout((server, block))
    return None


def _listens(server: Directive, port: int) -> bool:
    return any(listen.holds(port) for listen in listens_of(server))


def _timeout(blocks: tuple[Directive, ...]) -> Setting:
    for block in blocks:
        for line in block.children("proxy_timeout"):
            return Setting(line.name, " ".join(line.args), "server", line.where)
    return Setting("proxy_timeout", DEFAULT_TIMEOUT, "default", None)
