"""Files in and out: formats, mappings, dry runs, reports and harmless cells."""

from core.exchange.errors import BadMapping, ExchangeError
from core.exchange.exporter import ExportOptions, export_lines, export_records
from core.exchange.fit import check_mapping
from core.exchange.guess import TargetChoice, guess_mapping, targets_of
from core.exchange.importer import resume_import, run_import
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
from core.exchange.opening import (
    ENDINGS,
    FORMATS,
    MEDIA,
    TABLES,
    format_named,
    known_format,
    open_table,
)
from core.exchange.report import ImportOptions, ImportReport, RowError
from core.exchange.runs import ImportRun, import_runs, run_at, run_errors
from core.exchange.table import Row, Table
from core.exchange.undo import UndoReport, undo_import

__all__ = [
    "ENDINGS",
    "FORMATS",
    "MEDIA",
    "TABLES",
    "BadMapping",
    "Column",
    "ExchangeError",
    "ExportOptions",
    "ImportOptions",
    "ImportReport",
    "ImportRun",
    "Limits",
    "Mapping",
    "Row",
    "RowError",
    "Table",
    "TargetChoice",
    "UndoReport",
    "check_mapping",
    "export_lines",
    "export_records",
    "find_mapping",
    "format_named",
    "guess_mapping",
    "import_runs",
    "keep_mapping",
    "kept_mappings",
    "known_format",
    "mapping_document",
    "mapping_from",
    "open_table",
    "read_mapping",
    "resume_import",
    "run_at",
    "run_errors",
    "run_import",
    "targets_of",
    "undo_import",
    "write_mapping",
]
