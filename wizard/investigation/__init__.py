"""The eight steps of an investigation, and the evidence that they collect."""
