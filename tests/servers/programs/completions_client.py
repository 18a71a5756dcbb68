"""OpenAI's client as a judge: `python completions_client.py URL SECONDS`.

It asks for an answer as a stream and watches when its tokens arrive. Prints a JSON object: `works`,
and `why`. `works` is null between the two bounds.
"""

import json
import sys
import time
from itertools import pairwise

from openai import OpenAI, OpenAIError

PROMPT = "Please count from one to a hundred, one word at a time, as if to a child who listens"
TOGETHER_S = 0.002
"""Tokens that arrive this close to each other arrive at one moment."""
MANY, FEW = 0.4, 0.2
"""The share of its tokens at whose arrival a stream that works goes on, and a held one."""


def arrivals(url: str, limit: float) -> list[float]:
    """When each token arrived, in seconds of a monotonic clock."""
    base = url.removesuffix("/chat/completions")
    client = OpenAI(base_url=base, api_key="none", max_retries=0, timeout=limit)
    messages = [{"role": "user", "content": PROMPT}]
    stream = client.chat.completions.create(model="gpt-4o", stream=True, messages=messages)
    return [
        time.monotonic() for chunk in stream if chunk.choices and chunk.choices[0].delta.content
    ]


def judge(url: str, limit: float) -> dict[str, object]:
    started = time.monotonic()
    try:
        seen = arrivals(url, limit)
    except OpenAIError as error:
        return {"works": False, "why": f"{type(error).__name__}: {error}"[:160]}
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    moments = 1 + sum(gap > TOGETHER_S for gap in gaps)
    share = moments / max(len(seen), 1)
    works = True if share >= MANY else False if share <= FEW else None
    why = f"{len(seen)} tokens at {moments} moments"
    return {"works": works, "why": why, "seconds": time.monotonic() - started}


if __name__ == "__main__":
    print(json.dumps(judge(sys.argv[1], float(sys.argv[2]))), flush=True)  # noqa: T201
