"""What to paste where: the block that mends the stream, derived from the location that serves it.

Everything that guards or shapes the path today is kept; only what the causes ask for changes.
"""

from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.recommend.dialect import style_of
from wizard.recommend.from_config import recommend_from_config
from wizard.recommend.from_observation import recommend_from_observation
from wizard.recommend.ingress import DIALECTS, annotated
from wizard.recommend.proxy_manager import boxed
from wizard.recommend.settings import MENDED, UNBUFFERED, ids_of

__all__ = ["recommend"]


def recommend(case: Case, diagnosis: Diagnosis, reveal: bool = False) -> Recommendation | None:
    """The block, its reasons and its diff; None where no setting of Nginx is at fault.

    Args:
        case: What was seen; its `resolution` is what the config says about the stream's request.
        diagnosis: What was concluded from it.
        reveal: Whether credentials of the config may stand in the block and in the diff.
    """
    if not any(one.id in MENDED and one.fix.where == "nginx" for one in diagnosis.causes):
        return None
    if case.resolution and case.resolution.upstream and case.resolution.upstream.kind in UNBUFFERED:
        return None
    ids, style = ids_of(diagnosis), style_of(case)
    if style in DIALECTS:
        return annotated(case, ids, style)
    made = (
        recommend_from_config(case, case.resolution, ids, reveal)
        if case.resolution
        else recommend_from_observation(case, ids)
    )
    return boxed(made, bool(case.resolution)) if style == "npm" else made
