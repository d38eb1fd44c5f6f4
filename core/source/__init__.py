"""YAML text -> nodes with places -> frozen dataclasses.

Used by the registry (reading), by definitions (slots as annotations), by the command
line (JSON Schema for editors).
"""

from core.source.document import Head, document_head
from core.source.durations import DURATION_RULE, parse_duration
from core.source.json_schema import json_schema
from core.source.loader import load_file, load_text
from core.source.maps import Map
from core.source.names import RESERVED, is_id, is_name, is_reserved
from core.source.node import Mapping, Node, Scalar, Sequence, found, plain_data
from core.source.part import Deprecated, Described, Part, Piece, key
from core.source.placed import (
    ExprText,
    FilledText,
    OrderText,
    PathText,
    PlacedText,
    ValueSlot,
)
from core.source.shapes import (
    IdMap,
    Ids,
    ListOf,
    Names,
    RefMap,
    Refs,
    StrictList,
    TextMap,
    Values,
)
from core.source.slot import MISSING, JsonSchema, Reading, Schemas, Slot
from core.source.slots import (
    Bool,
    BoolExpr,
    Duration,
    Expr,
    Filled,
    Id,
    Int,
    Name,
    NewName,
    Number,
    OrderPath,
    Path,
    Raw,
    Ref,
    Text,
    Value,
)
from core.source.structure import StructureReader

__all__ = [
    "DURATION_RULE",
    "MISSING",
    "RESERVED",
    "Bool",
    "BoolExpr",
    "Deprecated",
    "Described",
    "Duration",
    "Expr",
    "ExprText",
    "Filled",
    "FilledText",
    "Head",
    "Id",
    "IdMap",
    "Ids",
    "Int",
    "JsonSchema",
    "ListOf",
    "Map",
    "Mapping",
    "Name",
    "Names",
    "NewName",
    "Node",
    "Number",
    "OrderPath",
    "OrderText",
    "Part",
    "Path",
    "PathText",
    "Piece",
    "PlacedText",
    "Raw",
    "Reading",
    "Ref",
    "RefMap",
    "Refs",
    "Scalar",
    "Schemas",
    "Sequence",
    "Slot",
    "StrictList",
    "StructureReader",
    "Text",
    "TextMap",
    "Value",
    "ValueSlot",
    "Values",
    "document_head",
    "found",
    "is_id",
    "is_name",
    "is_reserved",
    "json_schema",
    "key",
    "load_file",
    "load_text",
    "parse_duration",
    "plain_data",
]
