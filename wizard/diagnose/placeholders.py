"""What a cause says about an option that would show more: to add it, or why that is not possible.

The rules write a place into what distinguishes a cause, as "Whose limit this is, is not known:
{add_conf}."; `fill_places` puts the words for this case there.
"""

from collections.abc import Mapping
from dataclasses import replace

from wizard.diagnose.without_direct import patience_s, protocol
from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.text.messages import tr


def fill_places(finding: Finding, case: Case, *, has_useless_config: bool) -> Finding:
    """The finding with words in the places of its text.

    Args:
        has_useless_config: Whether a config was given on which no conclusion may rest.
    """
    text = finding.distinguishes
    for place, words in _words(case, has_useless_config=has_useless_config).items():
        text = text.replace(place, words)
    return replace(finding, distinguishes=text)


def _words(case: Case, *, has_useless_config: bool) -> Mapping[str, str]:
    """What stands for each place. A FastCGI, uwsgi or SCGI backend has no URL to be asked at."""
    conf = tr("the given config does not decide it") if has_useless_config else tr("add --conf")
    spoken = "" if case.target.direct else protocol(case)
    if not spoken:
        return {
            "{add_conf}": conf,
            "{add_direct}": tr("add --direct"),
            "{tell_silent}": tr("add --direct to tell it from a silent backend"),
        }
    return {
        "{add_conf}": conf,
        "{add_direct}": tr("a {spoken} backend has no URL that would tell", spoken=spoken),
        "{tell_silent}": _other_means(case, spoken),
    }


def _other_means(case: Case, spoken: str) -> str:
    """What tells a silent backend without a URL from a proxy that holds."""
    wait_s = patience_s(case)
    if wait_s is None:
        return tr(
            "a {spoken} backend has no URL to ask, but an access log with $upstream_status and "
            "$upstream_header_time tells",
            spoken=spoken,
        )
    return tr(
        "a {spoken} backend has no URL to ask, but an access log with $upstream_status and "
        "$upstream_header_time tells, and so does --patience {wait_s:.0f}",
        spoken=spoken,
        wait_s=wait_s,
    )
