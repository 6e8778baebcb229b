"""What the project measures itself with. It is not in the wheel: run it from a checkout."""
