"""Typed records, YAML with line numbers, errors that name the nearest key, canonical JSON."""

from cosearch.records.canonical import canonical_json, write_atomically
from cosearch.records.record import Record
from cosearch.records.shipped import find_file, shipped_files
from cosearch.records.yaml_file import apply_overrides, load_yaml, parse_record, read_json, read_text

__all__ = [
    "Record",
    "apply_overrides",
    "canonical_json",
    "find_file",
    "load_yaml",
    "parse_record",
    "read_json",
    "read_text",
    "shipped_files",
    "write_atomically",
]
