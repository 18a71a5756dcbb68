"""`python -m tests.bench` measures speed, memory and bytes on the wire, as ratios in one run."""
