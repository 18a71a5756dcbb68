"""The change to the Nginx config that fixes the findings, and where it goes.

The steps, from a diagnosis to a recommendation:

1. Which settings the paths need: each finding's rule says so (`NginxSettings`), and `settings.py`
   merges them (`WantedSettings`).
2. Where they go. With a config (`from_config.py`) into the location that serves the path today, or
   into a new location carved out of it that keeps everything else (`carve.py`), for all paths of
   its form if the path has an id in it (`family.py`); where each path of the location has the
   fault, into the location itself; where no location leads to the backend, into one that does
   (`reroute.py`); or into the blocks around (`outer_blocks.py`). Without a config
   (`from_observation.py`) they are lines to set in the location that serves the path, whatever else
   it holds; only a path that no location leads to the backend gets a location of its own.
3. The block: `rewrite.py` turns today's statements (`source.py`) into those of the new block,
   `reasons.py` says why each line is there, `placement.py` puts the block into the file.
4. Whether Nginx would accept the config with all edits in it: `acceptance.py`.
5. The diff of all edits: `patch.py`.

A config that another program writes is changed there instead: `dialects.py` tells which, and holds
the dialects of ingress controllers; `annotations.py` and `proxy_manager.py` write for them.

Four values pass through these steps: `BlockLine` (one line with its reason), `Block` (a block
being written, with the `Place` where it goes), `Edit` (a change of a file's text) and `ConfigFix`
(what is proposed for one path).
"""

from wizard.diagnose.facts.product import is_nginx_shown
from wizard.diagnose.hops import narrow_to_hop
from wizard.diagnose.undecided_config import without_undecided_config
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.resolution import Upstream
from wizard.model.target import Style
from wizard.recommend.annotations import recommend_annotations
from wizard.recommend.dialects import DIALECTS, style_of
from wizard.recommend.from_config import recommend_from_config
from wizard.recommend.from_observation import recommend_from_observation
from wizard.recommend.proxy_manager import for_proxy_manager
from wizard.recommend.settings import WantedSettings, wanted_settings

__all__ = ["recommend"]


def recommend(case: Case, diagnosis: Diagnosis, reveal: bool = False) -> Recommendation | None:
    """The block, its reasons and its diff; None if no setting of Nginx fixes a cause, or if another
    server answers and nothing of an Nginx was seen.

    With `reveal`, the block and the diff show credentials of the config.
    """
    case = narrow_to_hop(case)
    wanted, resolution = wanted_settings(diagnosis), case.resolution
    upstream = resolution.upstream if resolution else None
    if wanted is None or (upstream and not _can_apply(wanted, upstream)):
        return None
    if not (case.target.style or is_nginx_shown(case)):
        return None
    style = style_of(case)
    if resolution and resolution.supports_nothing:
        case = without_undecided_config(case)
    return _recommend(case, wanted, style, reveal)


def _recommend(case: Case, wanted: WantedSettings, style: Style, reveal: bool) -> Recommendation:
    """The recommendation in the style of the program that writes the config."""
    resolution = case.resolution
    if style in DIALECTS:
        return recommend_annotations(case, wanted, style)
    if resolution:
        recommendation = recommend_from_config(
            case, resolution, wanted, reveal=reveal, with_diff=style != "npm"
        )
    else:
        recommendation = recommend_from_observation(case, wanted)
    if style == "npm":
        return for_proxy_manager(recommendation, has_config=resolution is not None)
    return recommendation


def _can_apply(wanted: WantedSettings, upstream: Upstream) -> bool:
    """False for an upstream whose module has no such settings: `grpc_pass` never buffers."""
    return upstream.kind != "memcached" and not (upstream.kind == "grpc" and wanted.ends_buffering)
