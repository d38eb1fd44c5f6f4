"""Files in and out: CSV with mappings, dry runs, reports and harmless cells."""

from core.exchange.as_csv import Row, Table, open_table
from core.exchange.errors import BadMapping, ExchangeError
from core.exchange.exporter import ExportOptions, export_lines, export_records
from core.exchange.fit import check_mapping
from core.exchange.guess import TargetChoice, guess_mapping, targets_of
from core.exchange.importer import run_import
from core.exchange.kept import find_mapping, keep_mapping, kept_mappings
from core.exchange.limits import Limits
from core.exchange.mapping import (
    Column,
    Mapping,
    mapping_document,
    mapping_from,
    read_mapping,
    write_mapping,
)
from core.exchange.report import ImportOptions, ImportReport, RowError

__all__ = [
    "BadMapping",
    "Column",
    "ExchangeError",
    "ExportOptions",
    "ImportOptions",
    "ImportReport",
    "Limits",
    "Mapping",
    "Row",
    "RowError",
    "Table",
    "TargetChoice",
    "check_mapping",
    "export_lines",
    "export_records",
    "find_mapping",
    "guess_mapping",
    "keep_mapping",
    "kept_mappings",
    "mapping_document",
    "mapping_from",
    "open_table",
    "read_mapping",
    "run_import",
    "targets_of",
    "write_mapping",
]
