"""Bytes as they arrive, cut at borders that their own first bytes decide; what may be shown."""

import random
import re
from itertools import pairwise


def cut(data: bytes) -> tuple[bytes, list[bytes]]:
    """The bytes without their first two, and the same in pieces; the two are the borders' seed."""
    seed, body = data[:2], data[2:]
    chance = random.Random(seed)
    borders = chance.choices(range(len(body) + 1), k=chance.randint(0, 8))
    return body, [body[a:b] for a, b in pairwise(sorted({0, len(body), *borders}))]


_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_clean(text: str, longest: int = 10_000) -> bool:
    """True for one line of this length without control characters."""
    return len(text) <= longest and not _UNSAFE.search(text)
