"""Results that are kept as long as the value that they were computed from is in use."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MAX_RESULTS = 64
"""How many results are kept."""
_Key = TypeVar("_Key", bound=Hashable)
_Result = TypeVar("_Result")


class Memo(Generic[_Key, _Result]):
    """Keeps results for one frozen value (a config, a resolution), until another one is used.

    A large config takes seconds to search, and the same questions are asked several times.
    """

    def __init__(self) -> None:
        self._source: object = None
        self._results: dict[_Key, _Result] = {}

    def get(self, source: object, key: _Key, compute: Callable[[], _Result]) -> _Result:
        """The result for this key of this very source; computed if it is not kept."""
        if self._source is not source or len(self._results) >= MAX_RESULTS:
            self._source, self._results = source, {}
        results = self._results
        if key not in results:
            results[key] = compute()
        return results[key]
