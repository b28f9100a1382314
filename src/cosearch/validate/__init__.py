"""Hold the closed form against the executable specification, measurements and other tools."""
