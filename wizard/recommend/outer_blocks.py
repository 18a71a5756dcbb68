"""Changes outside of the locations: in the upstream block, and in the http block."""

from wizard.model.change import Change
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import upstream_block_of
from wizard.recommend.block import Block, ConfigFix, write_change
from wizard.recommend.placement import add_before, change_inside
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import source_of

_WHY_UPSTREAM = "the peers that the stream and its messages are spread over"
_BACKUP = (
    "no diff is given for the upstream block: hash and ip_hash refuse servers marked `backup` "
    '("balancing method does not support parameter"); drop `backup`, then set {}'
)
_NO_UPSTREAM = (
    "session affinity needs an upstream block: name the backend's instances in one, with {}, and "
    "name it in proxy_pass. Where one address stands for many (a Kubernetes Service, several "
    "workers of one server), set it there: sessionAffinity: ClientIP, one worker"
)


def fix_upstream(resolution: RequestResolution, change: Change) -> ConfigFix:
    """Change the upstream block; a sketch of one if there is none, or if it cannot take it."""
    block = upstream_block_of(resolution)
    source = source_of(resolution.config, block) if block else None
    notes = () if block else (no_upstream_note(change),)
    if block and any("backup" in server.args for server in block.children("server")):
        source, notes = None, (_BACKUP.format(change.text),)
    if source is None:
        return ConfigFix("affinity for the upstream", (_sketch(resolution, change),), notes)
    upstream = change_inside(source, Rewrite.of([change]), reason=_WHY_UPSTREAM)
    return ConfigFix(f"{change.name} {change.value} in {upstream.header}", (upstream,))


def no_upstream_note(change: Change) -> str:
    """What to do where the config shows no upstream block."""
    return _NO_UPSTREAM.format(change.text)


def _sketch(resolution: RequestResolution, change: Change) -> Block:
    peers = (resolution.upstream.peers if resolution.upstream else ()) or ("BACKEND:PORT",)
    servers = (Change("server", peer, "a peer of today") for peer in peers)
    return Block("upstream backend", _WHY_UPSTREAM, tuple(map(write_change, (change, *servers))))


def add_to_http_block(resolution: RequestResolution, change: Change) -> ConfigFix:
    """A directive of the http block, directly before the server block."""
    server = resolution.server
    source = source_of(resolution.config, server.directive) if server else None
    return ConfigFix("a zone of its own", (add_before(source, change),)) if source else ConfigFix()
