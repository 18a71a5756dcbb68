"""Facts about the request as Nginx passes it on, sent to the direct URL and bisected there.

The rules about the request ask here which of its differences from the client's request makes it
fail; `wizard/probe/followups/as_sent.py` has sent the requests.
"""

from wizard.diagnose.facts import streams
from wizard.model.case import Case
from wizard.model.request_difference import Difference

AS_SENT = "as-sent"
"""The purpose of the request as Nginx passes it on."""
WITH, WITHOUT = "as-sent-with", "as-sent-without"
"""The purposes of the two requests that confirm a set of differences: with it alone, and with all
others."""


def named_difference(case: Case) -> Difference | None:
    """The difference because of which the request as Nginx passes it on fails; None if none was
    shown, or if it takes several together."""
    named = named_differences(case)
    return named[0] if len(named) == 1 else None


def named_differences(case: Case) -> tuple[Difference, ...]:
    """The smallest set of differences because of which the request fails; empty if none was shown.

    It was shown with them alone, which fails as through the proxy, and without them, which is
    served.
    """
    failing = [each for each in streams.follow_ups(case, WITH) if each.likeness == "alike"]
    served = any(each.likeness == "served" for each in streams.follow_ups(case, WITHOUT))
    if not served:
        return ()
    return tuple(dict.fromkeys(item for each in failing for item in each.differences))
