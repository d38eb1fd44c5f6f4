"""From the text of an expression to the syntax tree, by way of Python's own parser.

The type checker calls `parse`; texts come from YAML with their place, so that every
complaint points at the very characters. Python's tree is left at once.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType

from core.diagnostics import Diagnostics
from core.expressions import syntax as s
from core.expressions.tokens import MAX_LEVELS, Refused, Scanned, scan
from core.source import ExprText

MAX_NODES = 500


def parse(expr: ExprText | str, diagnostics: Diagnostics) -> s.Syntax | None:
    """The syntax tree of an expression; None if it was refused, which is reported."""
    placed = as_placed(expr)
    try:
        return parse_text(placed.text)
    except Refused as refused:
        diagnostics.error(
            refused.code,
            refused.message,
            placed.at(refused.start, max(1, refused.end - refused.start)),
            help=refused.help,
        )
        return None


def as_placed(expr: ExprText | str) -> ExprText:
    """The text with its place; a bare text (a leading = is ignored) has none."""
    if isinstance(expr, ExprText):
        return expr
    text = expr.strip()
    return ExprText(text[1:].lstrip() if text.startswith("=") else text)


def parse_text(text: str) -> s.Syntax:
    """The syntax tree of a text; Refused carries code, message and place."""
    scanned = scan(text)
    try:
        # Leading blanks would be an indentation to Python; they are kept out of it.
        lead = len(scanned.masked) - len(scanned.masked.lstrip())
        tree = ast.parse(scanned.masked[lead:], mode="eval")
    except SyntaxError as error:
        raise _syntax_error(error, scanned.masked, text) from None
    except (RecursionError, MemoryError):
        raise Refused(
            "E413", f"nested deeper than {MAX_LEVELS} levels", 0, len(text)
        ) from None
    return _Builder(text, scanned, lead).build(tree.body, 1)


def _syntax_error(error: SyntaxError, masked: str, text: str) -> Refused:
    at = min(max((error.offset or 1) - 1, 0), max(len(masked) - 1, 0))
    lead = len(masked) - len(masked.lstrip())
    at += lead
    words = [w for w in masked.split() if keyword.iskeyword(w)]
    if words and words[0] in {"lambda", "yield", "await", "import", "from", "def"}:
        return Refused("E403", f"'{words[0]}' is not in the language", at, at + 1)
    message = "this is not an expression"
    rest = text[at:].split()
    if rest and text.strip() != text[at:].strip():
        message = f"{message} at '{rest[0]}'"
    return Refused("E401", message, at, at + 1, _habit(masked))


def _habit(masked: str) -> str | None:
    """What somebody means who writes as in SQL or another language."""
    bare = re.sub(r"[=!<>]=", " ", masked)
    if "=" in bare:
        return "two values are compared by =="
    found = re.search(r"\b(contains|starts|ends)\b(?!\s*\()", bare)
    if found:
        return f"write {found[1]}(field, 'text')"
    found = re.search(r"\b(like|between)\b", bare, re.IGNORECASE)
    if found is None:
        return None
    if found[1].lower() == "like":
        return "write contains(field, 'text')"
    return "write a <= field and field <= b"


_BINARY = MappingProxyType(
    {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
)
_COMPARE = MappingProxyType(
    {
        ast.Eq: "==",
        ast.NotEq: "!=",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.In: "in",
        ast.NotIn: "not in",
        ast.Is: "is",
        ast.IsNot: "is not",
    }
)
_CAPITAL = MappingProxyType({"True": "true", "False": "false", "None": "null"})


class _Builder:
    """Turns Python's tree into ours, counting nodes and levels."""

    def __init__(self, text: str, scanned: Scanned, lead: int) -> None:
        self.text = text
        self.texts = scanned.texts
        self.lead = lead
        self.nodes = 0
        self.makers: dict[type[ast.expr], Callable[..., s.Syntax]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self._call,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.Compare: self._comparison,
            ast.BoolOp: self._connective,
            ast.IfExp: self._condition,
            ast.List: self._list_display,
            ast.GeneratorExp: self._comprehension,
        }

    def build(self, node: ast.expr, level: int) -> s.Syntax:
        start, end = self._place(node)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Refused("E413", f"more than {MAX_NODES} parts", start, end)
        if level > MAX_LEVELS:
            raise Refused("E413", f"nested deeper than {MAX_LEVELS} levels", start, end)
        maker = self.makers.get(type(node))
        if maker is None:
            what = _DESCRIBED.get(type(node).__name__, "this")
            raise Refused("E403", f"{what} is not in the language", start, end)
        return maker(node, start, end, level)

    def _place(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        end = node.end_col_offset or node.col_offset
        return node.col_offset + self.lead, end + self.lead

    def _constant(self, node: ast.Constant, start: int, end: int, _: int) -> s.Syntax:
        if isinstance(node.value, str):
            return s.Text(start, end, self.texts[start])
        source = self.text[start:end]
        if source in _CAPITAL:
            raise Refused(
                "E403",
                f"'{source}' is written '{_CAPITAL[source]}'",
                start,
                end,
                f"write {_CAPITAL[source]}",
            )
        digits = source.replace("_", "")
        if not digits.replace(".", "").isdigit() or digits.startswith("."):
            raise Refused("E403", "numbers are written like 1000 or 0.5", start, end)
        value = Decimal(digits) if "." in digits else int(digits)
        return s.Number(start, end, value)

    def _name(self, node: ast.Name, start: int, end: int, _: int) -> s.Syntax:
        if node.id in {"true", "false"}:
            return s.Boolean(start, end, node.id == "true")
        if node.id == "null":
            return s.Null(start, end)
        return s.Name(start, end, node.id)

    def _attribute(
        self, node: ast.Attribute, start: int, end: int, level: int
    ) -> s.Syntax:
        of = self.build(node.value, level + 1)
        return s.Attribute(start, end, of, node.attr, end - len(node.attr))

    def _subscript(
        self, node: ast.Subscript, start: int, end: int, level: int
    ) -> s.Syntax:
        key_start, key_end = self._place(node.slice)
        if key_start not in self.texts or not isinstance(node.slice, ast.Constant):
            raise Refused(
                "E403", "a text stands between the brackets", key_start, key_end
            )
        of = self.build(node.value, level + 1)
        return s.Subscript(start, end, of, self.texts[key_start])

    def _call(self, node: ast.Call, start: int, end: int, level: int) -> s.Syntax:
        name = self._dotted(node.func)
        args = []
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                a, b = self._place(arg)
                raise Refused("E403", "star arguments are not in the language", a, b)
            args.append(self.build(arg, level + 1))
        keywords = []
        for word in node.keywords:
            a, b = self._place(word)
            if word.arg is None:
                raise Refused("E403", "star arguments are not in the language", a, b)
            value = self.build(word.value, level + 1)
            keywords.append(s.Keyword(a, b, word.arg, value))
        name_end = self._place(node.func)[1]
        return s.Call(start, end, name, tuple(args), tuple(keywords), name_end)

    def _dotted(self, node: ast.expr) -> str:
        names: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            start, end = self._place(node)
            raise Refused(
                "E403", "only functions can be called, by their name", start, end
            )
        names.append(inner.id)
        return ".".join(reversed(names))

    def _unary(self, node: ast.UnaryOp, start: int, end: int, level: int) -> s.Syntax:
        operand = self.build(node.operand, level + 1)
        if isinstance(node.op, ast.Not):
            return s.Unary(start, end, "not", operand)
        if isinstance(node.op, ast.USub):
            return s.Unary(start, end, "-", operand)
        raise Refused("E403", "a sign '+' is not in the language", start, start + 1)

    def _binary(self, node: ast.BinOp, start: int, end: int, level: int) -> s.Syntax:
        left = self.build(node.left, level + 1)
        right = self.build(node.right, level + 1)
        return s.Binary(start, end, _BINARY[type(node.op)], left, right)

    def _comparison(
        self, node: ast.Compare, start: int, end: int, level: int
    ) -> s.Syntax:
        first = self.build(node.left, level + 1)
        operators = tuple(_COMPARE[type(op)] for op in node.ops)
        operands = tuple(self.build(c, level + 1) for c in node.comparators)
        for operator, operand in zip(operators, operands, strict=True):
            if operator.startswith("is") and not isinstance(operand, s.Null):
                raise Refused(
                    "E403",
                    f"'{operator}' is only used with null",
                    operand.start,
                    operand.end,
                    "compare by == or !=",
                )
        return s.Comparison(start, end, first, operators, operands)

    def _connective(
        self, node: ast.BoolOp, start: int, end: int, level: int
    ) -> s.Syntax:
        operator = "and" if isinstance(node.op, ast.And) else "or"
        operands = tuple(self.build(v, level + 1) for v in node.values)
        return s.Connective(start, end, operator, operands)

    def _condition(self, node: ast.IfExp, start: int, end: int, level: int) -> s.Syntax:
        test = self.build(node.test, level + 1)
        then = self.build(node.body, level + 1)
        other = self.build(node.orelse, level + 1)
        return s.Condition(start, end, test, then, other)

    def _list_display(
        self, node: ast.List, start: int, end: int, level: int
    ) -> s.Syntax:
        items = tuple(self.build(item, level + 1) for item in node.elts)
        return s.ListDisplay(start, end, items)

    def _comprehension(
        self, node: ast.GeneratorExp, start: int, end: int, level: int
    ) -> s.Syntax:
        loop = node.generators[0]
        if len(node.generators) > 1 or loop.is_async:
            raise Refused("E403", "one 'for' is allowed", start, end)
        at, until = self._place(loop.target)
        if not isinstance(loop.target, ast.Name):
            raise Refused("E403", "one name stands after 'for'", at, until)
        source = self.build(loop.iter, level + 1)
        conditions = tuple(self.build(c, level + 1) for c in loop.ifs)
        item = self.build(node.elt, level + 1)
        return s.Comprehension(start, end, item, loop.target.id, at, source, conditions)


_DESCRIBED = MappingProxyType(
    {
        "Lambda": "lambda",
        "Dict": "a map",
        "Set": "a set",
        "ListComp": "a list comprehension",
        "Tuple": "a tuple",
        "Starred": "a star",
        "Await": "await",
        "Yield": "yield",
        "NamedExpr": "an assignment",
        "Slice": "a slice",
    }
)
