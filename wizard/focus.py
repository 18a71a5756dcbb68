"""What the rules look at where several places were compared: the proxy that loses the stream, and
what it passes to."""

from dataclasses import replace

from wizard.ladder import Rung, conf_hop, ladder
from wizard.loss import loss
from wizard.model import Case


def focused(case: Case) -> Case:
    """The case of the one proxy at which the stream is lost: what is seen at it is `proxy`, what
    is seen right behind it is `direct`. The config stays only if it is that proxy's.

    Unchanged where there is but one proxy, or where the places do not say which it is.
    """
    lost = loss(case)
    if lost is None or lost.unseen or not _several(case):
        return case
    places = {(rung.kind, rung.name): rung for rung in ladder(case)}
    at, behind = places[lost.kind, lost.name], places[lost.inner_kind, lost.inner]
    case = replace(case, proxy=at.cells, direct=behind.cells, loss=lost)
    return case if _is_described(case, at) else _without_config(case)


def _several(case: Case) -> bool:
    """Whether more than the usual two places were looked at."""
    return len(ladder(case)) > 2


def _is_described(case: Case, at: Rung) -> bool:
    """Whether the config that was read is that of the proxy at this place."""
    if at.kind == "direct":
        return False
    if case.site is not None and not case.site.listens and at.kind == "hop":
        return False  # Of a proxy further in that was not named, perhaps.
    return (at.name if at.kind == "hop" else "") == conf_hop(case.target)


def _without_config(case: Case) -> Case:
    """The config is of another proxy: it neither accuses nor acquits this one."""
    return replace(case, site=None, root_site=None, message_site=None, predictions=())
