"""Engines that find the accelerator of one fixed network."""
