"""The compression of the backend, by what the client accepts."""

from dataclasses import replace

import pytest

from tests.rules.samples import backend_compression
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.probe import Encoding
from wizard.model.probe_result import ProbeResult


def accepting(encoding: Encoding) -> Case:
    """The sample, its compressed probes being those of a client that accepts this."""
    case = backend_compression.fires()
    proxy, direct = (
        tuple(_renamed(each, encoding) for each in s) for s in (case.proxy, case.direct)
    )
    return replace(case, proxy=proxy, direct=direct)


def _renamed(result: ProbeResult, encoding: Encoding) -> ProbeResult:
    probe = result.timeline.probe
    if probe.encoding == "identity":
        return result
    return replace(
        result, timeline=replace(result.timeline, probe=replace(probe, encoding=encoding))
    )


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_the_client_may_accept_any_compression(encoding: Encoding) -> None:
    diagnosis = diagnose(accepting(encoding))
    assert [(each.id, each.confidence) for each in diagnosis.causes] == [
        ("backend-compression", "confirmed")
    ]
    assert "is this the config" not in " ".join(diagnosis.notes).lower()
