"""Case files from anybody: forged, broken, huge, or no files at all."""
