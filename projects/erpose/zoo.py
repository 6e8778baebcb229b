"""Model aliases of the erpose zoo."""
