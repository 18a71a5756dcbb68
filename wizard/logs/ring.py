"""The newest bytes of a stream, never more than a bound."""

LIMIT = 1 << 20
"""How much of a log is kept in memory, in bytes; of more, the newest."""


class Ring:
    """The last bytes that were put in.

    Attributes:
        dropped: Whether more was put in than is kept.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.dropped = False
        self._limit, self._data = limit, bytearray()

    def put(self, data: bytes) -> None:
        """Add these; the oldest go."""
        self._data += data
        over = len(self._data) - self._limit
        self.dropped |= over > 0
        if over > self._limit // 4:  # Not at each of many small pieces: all would be moved.
            del self._data[:over]

    def bytes(self) -> bytes:
        """All that is kept."""
        return bytes(self._data[-self._limit :])
