"""Size and time of networks and files, taking turns in one run."""
