"""LUTs of a choice among words: a LUT with six inputs chooses one bit of four."""

from cosearch.numerics import Scalar, ceil_div, where

CHOICES = 4
"""Words among which one LUT chooses: four data inputs and two for the choice."""

STAGES = 8
"""Enough stages of four for 65,536 words."""


def selector_lut(words: Scalar) -> Scalar:
    """LUTs for each bit of one word out of several: a tree of choices among four; 0 for a single word."""
    total, left = words * 0, words
    for _ in range(STAGES):
        is_choice = left > 1
        left = ceil_div(left, CHOICES)
        total = total + where(is_choice, left, left * 0)
    return total


def rotator_lut(words: Scalar) -> Scalar:
    """LUTs for each bit of a row of words that is turned by any number of words: one a stage; 0 for a single word."""
    total, left = words * 0, words
    for _ in range(STAGES):
        total = total + where(left > 1, left * 0 + 1, left * 0)
        left = ceil_div(left, CHOICES)
    return total
