"""Samples of client-300s."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """Watched for 310 s, and nothing came after the first event."""
    return make_case(proxy="live:310", direct="live:310", settings={"proxy_read_timeout": "1h"})


def silent() -> Case:
    """Watched for too short a time to tell."""
    return make_case(proxy="live:5", direct="live:5", settings={"proxy_read_timeout": "1h"})
