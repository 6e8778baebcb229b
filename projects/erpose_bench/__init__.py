"""Experiments, speed, diagnosis and peers. Not in the wheel: run it from a checkout."""
