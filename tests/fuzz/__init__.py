"""Properties of every parser of foreign bytes: checked by hypothesis in CI, by atheris for longer.

`make fuzz` runs each for `FUZZ_SECONDS`; what breaks one is kept in `.fuzz/`.
"""
