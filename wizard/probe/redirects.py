"""Redirects that lead to the URL that was asked."""

from wizard.model.statuses import REDIRECTS
from wizard.model.timeline import Timeline
from wizard.text.urls import join_url, split_url


def redirects_to_itself(answer: Timeline) -> bool:
    """True if the answer redirects to the same URL, and sets no cookie by which the next request
    would be another one."""
    if answer.status not in REDIRECTS or answer.header("set-cookie") is not None:
        return False
    url = answer.probe.url
    try:
        return split_url(join_url(url, (answer.header("location") or "").strip())) == split_url(url)
    except ValueError:
        return False


def is_served(answer: Timeline) -> bool:
    """True if the answer is neither a redirect nor an error of a server."""
    return answer.status is not None and answer.status not in REDIRECTS and answer.status < 500
