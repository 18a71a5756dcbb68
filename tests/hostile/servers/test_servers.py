"""Each group of servers is checked by one process; each server must be told apart."""

from pathlib import Path

import pytest

from tests.hostile.servers import heads, streams
from tests.hostile.servers.inputs import Input, check_inputs

GROUPS: dict[str, tuple[Input, ...]] = {
    "fields": heads.FIELDS,
    "redirects": heads.REDIRECTS,
    "floods": streams.FLOODS,
    "event fields": streams.FIELDS,
    "endpoints": streams.ENDPOINTS,
}
ONE_BY_ONE = frozenset({"floods"})
"""Groups whose servers keep a processor busy, so that others would be judged late beside them."""


@pytest.mark.parametrize("group", GROUPS)
def test_servers(group: str, tmp_path: Path) -> None:
    check_inputs(GROUPS[group], tmp_path, parallel=1 if group in ONE_BY_ONE else 6)
