"""Error pages that may stand for an answer of the backend, or of Nginx about the backend."""

from wizard.diagnose.facts.directives import is_proxied
from wizard.model.case import Case
from wizard.model.resolution import ErrorPage, RequestResolution
from wizard.text.display import safe

_GATEWAY_ERRORS = frozenset({502, 503, 504})


def describe_masked_answers(case: Case) -> tuple[str, ...]:
    """One sentence for each error page that the proxied answers, none of them a stream, may be."""
    resolution = case.resolution
    pages = [result for result in case.proxy if result.outcome == "not-a-stream"]
    if resolution is None or not pages or not is_proxied(resolution):
        return ()
    return tuple(
        f"The page may stand for another status: {safe(str(page.where), 120)} answers "
        f"{', '.join(map(str, codes))} with {safe(page.target, 120)} and another status."
        for page in resolution.error_pages
        if (codes := _masked(resolution, page))
    )


def _masked(resolution: RequestResolution, page: ErrorPage) -> list[int]:
    """The statuses that the page hides: those of the backend only if errors are intercepted."""
    if page.status is None:
        return []
    hidden = resolution.masked_statuses | _GATEWAY_ERRORS
    return [code for code in page.codes if code in hidden and code != page.status]
