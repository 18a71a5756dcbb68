"""What the config says will happen to our own probes, to be held against what was seen."""
