"""Data sets, splits and the training of one fixed network."""
