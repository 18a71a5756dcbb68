"""A short soak, so that it is known to work."""

from tests.soak.runs import check_often, watch_stream


async def test_two_checks_are_measured() -> None:
    samples = await check_often(2)
    assert len(samples) == 2
    assert samples[-1].children >= 3


async def test_a_short_stream_is_measured() -> None:
    assert await watch_stream(2.0, 0.2)
