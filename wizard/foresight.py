"""What the config says will happen to our own legs, to be held against what was seen."""
