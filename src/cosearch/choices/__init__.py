"""Categorical variables and their gradient estimators."""
