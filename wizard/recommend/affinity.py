"""Affinity: all requests of one client to one peer.

What Nginx could tell sessions apart by decides: the GET that opens a session carries no id yet, so
a hash of the id sends the stream and its messages to different peers (seen on real Nginx).
"""

from dataclasses import dataclass

from wizard.model.config import Directive
from wizard.model.resolution import RequestResolution
from wizard.nginx.upstream import resolved_block
from wizard.recommend.change import Change

METHODS = frozenset({"least_conn", "ip_hash", "hash", "random", "least_time", "sticky"})
KEY = "$binary_remote_addr consistent"
_WHY = (
    "each client's requests reach one peer, so a message finds the session that its stream opened. "
    "Not a hash of the session id: the GET that opens the session has none yet. Behind another "
    "proxy this is that proxy's address: set real_ip_header there, or all clients share a peer"
)
_BACKUP = (
    "no diff is given for the upstream block: hash and ip_hash refuse servers marked `backup` "
    '("balancing method does not support parameter"); drop `backup`, then set {}'
)
_NONE = (
    "session affinity needs an upstream block: name the backend's instances in one, with {}, and "
    "name it in proxy_pass. Where one address stands for many (a Kubernetes Service, several "
    "workers of one server), set it there: sessionAffinity: ClientIP, one worker"
)


@dataclass(frozen=True, slots=True)
class Balance:
    """How the peers are to be chosen.

    Attributes:
        block: The upstream block to change, None where there is none or it cannot take it.
        note: What the reader must know, or empty.
    """

    change: Change
    block: Directive | None = None
    note: str = ""


def balance(resolution: RequestResolution | None) -> Balance:
    """The change for the upstream of this site."""
    change = Change("hash", KEY, _WHY)
    block = resolved_block(resolution) if resolution else None
    if block is None:
        return Balance(change, note=_NONE.format(change.text))
    if any("backup" in server.args for server in block.children("server")):
        return Balance(change, note=_BACKUP.format(change.text))
    return Balance(change, block)
