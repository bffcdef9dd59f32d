"""The networks the engine can load, and all that must be known before one is opened."""
