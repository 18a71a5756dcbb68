"""What the logs say about our own probes, and of the time before. `watch` is the way in."""
