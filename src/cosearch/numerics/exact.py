"""The number type of exact batches."""

import torch

EXACT = torch.float64
"""Whole numbers up to 2^53 are exact in it, and so are floor and ceiling of their quotients up to 2^52.

A quotient that is no whole number differs from the next one by more than its rounding. Vector units divide floats
many times faster than 64-bit integers.
"""
