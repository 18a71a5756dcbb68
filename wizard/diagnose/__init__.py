"""From a case to its diagnosis: outcomes of probes, comparison of hops, and the rules."""
