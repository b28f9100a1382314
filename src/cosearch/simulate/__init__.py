"""The timing contract as an executable specification in integers."""
