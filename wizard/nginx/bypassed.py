"""The location that would pass a request on, where Nginx answers it before that."""

from wizard.model.config import Directive
from wizard.model.resolution import RequestResolution
from wizard.nginx.locations import find_location, normalize_path, pass_directive

_REFUSALS = frozenset({"return", "deny"})
"""What answers a request without looking for a file or another path."""


def bypassed_location(resolution: RequestResolution) -> Directive | None:
    """The location that has the request's path and passes requests on, if Nginx itself refuses
    this request, by a `return` or a `deny`; None if it does not.

    The line that refuses may stand in the server, in an `if`, a `limit_except`, or in the location.
    """
    answer, server = resolution.answer, resolution.server
    if answer is None or server is None or resolution.is_rewritten:
        return None
    if answer.directive.name not in _REFUSALS or (answer.status or 0) < 400:
        return None
    path = normalize_path(resolution.request.path, resolution.merges_slashes)
    choice = find_location(server.directive, path, [])
    location = choice.chain[-1] if choice and not choice.redirect else None
    return location if location and pass_directive(location) else None
