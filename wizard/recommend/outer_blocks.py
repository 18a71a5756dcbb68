"""Changes outside of the locations: in the upstream block, and in the http block."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from wizard.model.change import Change
from wizard.model.config import Config
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import upstream_block, upstream_block_of
from wizard.recommend.block import Block, ConfigFix, write_change
from wizard.recommend.placement import add_before, change_inside, place_before
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import source_of
from wizard.text.messages import tr

_WHY_UPSTREAM = tr("the peers that the stream and its messages are spread over")
_BACKUP = tr(
    "change the upstream block by hand: hash and ip_hash refuse servers marked `backup` "
    '("balancing method does not support parameter"), so the block has none. Decide first '
    "whether these servers stay"
)
_NO_UPSTREAM = tr(
    "session affinity needs an upstream block: name the backend's instances in one, with "
    "{}, and name it in proxy_pass. Where one address stands for many (a Kubernetes "
    "Service, several workers of one server), set it there: sessionAffinity: ClientIP, "
    "one worker"
)
_NEW_NAME = "backend"
_IN_HTTP = tr("insert into the http block")


def fix_upstream(resolution: RequestResolution, changes: Sequence[Change]) -> ConfigFix:
    """Change the upstream block; a sketch of one if there is none, or if it cannot take it."""
    block = upstream_block_of(resolution)
    source = source_of(resolution.config, block) if block else None
    if block is None or source is None:
        notes = () if block else tuple(map(no_upstream_note, changes))
        return ConfigFix(tr("affinity for the upstream"), (_sketch(resolution, changes),), notes)
    upstream = change_inside(source, Rewrite.of(changes), reason=_WHY_UPSTREAM)
    names = tr(" and ").join(f"{change.name} {change.value}" for change in changes)
    summary = tr("{names} in {header}", names=names, header=upstream.header)
    is_balancing = any(change.name == "hash" for change in changes)
    if is_balancing and any("backup" in server.args for server in block.children("server")):
        statements = tuple(line for line in upstream.statements if "backup" not in line.args)
        sketch = replace(upstream.sketch, statements=statements)
        return ConfigFix(summary, (sketch,), (_BACKUP,))
    return ConfigFix(summary, (upstream,))


def no_upstream_note(change: Change) -> str:
    """What to do where the config shows no upstream block."""
    return _NO_UPSTREAM.format(change.text)


def _sketch(resolution: RequestResolution, changes: Sequence[Change]) -> Block:
    """An upstream block of a free name, before the server block."""
    peers = (resolution.upstream.peers if resolution.upstream else ()) or ("BACKEND:PORT",)
    servers = (Change("server", peer, tr("a peer of today")) for peer in peers)
    server = resolution.server
    source = source_of(resolution.config, server.directive) if server else None
    return Block(
        f"upstream {_free_name(resolution.config)}",
        _WHY_UPSTREAM,
        tuple(map(write_change, (*changes, *servers))),
        place=place_before(source) if source else None,
        instruction=_IN_HTTP,
    )


def _free_name(config: Config) -> str:
    """A name that no upstream block has."""
    names = (f"{_NEW_NAME}{number or ''}" for number in count())
    return next(name for name in names if upstream_block(config, name) is None)


def add_to_http_block(resolution: RequestResolution, change: Change) -> ConfigFix:
    """A directive of the http block, directly before the server block."""
    server = resolution.server
    source = source_of(resolution.config, server.directive) if server else None
    if source is None:
        return ConfigFix()
    return ConfigFix(
        tr("{name} in the http block", name=change.name), (add_before(source, change),)
    )
