"""Rights: the household simulator, whole-population runs."""
