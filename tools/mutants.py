"""The small faults that mutation testing plants: every place of a module that may change, and how.

Left alone: docstrings, annotations, decorators, imports, `__all__`, and the words of messages. A
string changes only where the code acts on it: in a comparison, as a key, as a default.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "Site", "mutants_of", "planted"]

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_NEGATED_ELSEWHERE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_UNTOUCHED = {"annotation", "returns", "decorator_list", "ctx", "type_ignores", "type_params"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Site:
    """A node in its tree: the field of its parent, its place if that is a list, its function."""

    node: ast.AST
    parent: ast.AST
    field: str
    place: int | None
    function: ast.AST | None


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the `variant`-th of the `site`-th site of a module, as text, and its lines."""

    module: str
    path: Path
    site: int
    variant: int
    lines: tuple[int, int]
    function: tuple[int, int] | None
    code: str
    change: str


def mutants_of(path: Path, module: str) -> list[Mutant]:
    """Return every mutant of a source file, in the order of the file."""
    source = path.read_text(encoding="utf-8")
    rows = source.splitlines()
    found: list[Mutant] = []
    for number, site in enumerate(_sites(ast.parse(source))):
        for variant, (old, new) in enumerate(_variants(site)):
            lines = _lines(site.node if hasattr(site.node, "lineno") else site.parent)
            function = _lines(site.function) if site.function is not None else None
            change = f"{_short(old)} -> {_short(new)}"
            code = rows[lines[0] - 1].strip()
            found.append(Mutant(module, path, number, variant, lines, function, code, change))
    return found


def planted(mutant: Mutant) -> ast.Module:
    """Return the tree of the mutant's file with its change made."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"), str(mutant.path))
    site = list(_sites(tree))[mutant.site]
    _old, new = _variants(site)[mutant.variant]
    ast.copy_location(new, site.node)
    if site.place is None:
        setattr(site.parent, site.field, new)
    else:
        getattr(site.parent, site.field)[site.place] = new
    return ast.fix_missing_locations(tree)


def _sites(node: ast.AST, function: ast.AST | None = None) -> Iterator[Site]:
    for field, value in ast.iter_fields(node):
        if field in _UNTOUCHED:
            continue
        for place, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield Site(child, node, field, place, function)
                yield from _sites(child, child if isinstance(child, _FUNCTIONS) else function)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def _variants(site: Site) -> list[tuple[ast.AST, ast.AST]]:
    """Return pairs of what stands there and what takes its place."""
    node = site.node
    found: list[ast.AST] = []
    match node:
        case ast.BinOp(left, operator, right):
            found.append(ast.BinOp(left, _OPERATORS[type(operator)](), right))
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            found.append(operand)
        case ast.BoolOp(operator, values):
            found.append(
                ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            )
        case ast.Compare(left, operators, comparators):
            for i, operator in enumerate(operators):
                swapped = [*operators[:i], _COMPARISONS[type(operator)](), *operators[i + 1 :]]
                found.append(ast.Compare(left, swapped, comparators))
        case ast.Constant():
            found += _constants(node, site)
        case ast.Call(ast.Name(id=name), _, _) if name in {"sentence", "cast"}:
            pass
        case ast.Call(called, [first, second, *others], keywords):
            starred = any(isinstance(x, ast.Starred) for x in (first, second))
            if not starred and ast.dump(first) != ast.dump(second):
                found.append(ast.Call(called, [second, first, *others], keywords))
        case ast.Return(value) if value is not None and not _is_none(value):
            found.append(ast.Return(ast.Constant(None)))
        case ast.Assign(targets, value) if site.function is not None and not _is_words(value):
            found.append(ast.Assign(targets, ast.Constant(None)))
        case ast.AugAssign(target, operator, value):
            found += [ast.AugAssign(target, _OPERATORS[type(operator)](), value), ast.Pass()]
        case ast.Raise() | ast.Expr(value=ast.Call()):
            found.append(ast.Pass())
        case ast.Break():
            found.append(ast.Continue())
        case ast.Continue():
            found.append(ast.Break())
    if isinstance(site.parent, (ast.If, ast.IfExp, ast.While, ast.Assert)) and site.field == "test":
        found += _negations(node)
    if isinstance(site.parent, ast.comprehension) and site.field == "ifs":
        found += _negations(node)
    return [(node, new) for new in found]


def _constants(node: ast.Constant, site: Site) -> list[ast.AST]:
    match node.value:
        case bool(value):
            return [ast.Constant(not value)]
        case int(value) | float(value):
            return [ast.Constant(value + 1 if value + 1 != value else value / 2)]
        case str(value):
            acts = isinstance(site.parent, (ast.Compare, ast.MatchValue, ast.arguments))
            acts |= isinstance(site.parent, ast.Dict) and site.field == "keys"
            acts |= isinstance(site.parent, ast.Subscript) and site.field == "slice"
            return [ast.Constant(f"{value}?")] if acts else []
    return []


def _negations(test: ast.AST) -> list[ast.AST]:
    """Return `not test`, unless another change says the same."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return []
    single = isinstance(test, ast.Compare) and len(test.ops) == 1
    if single and isinstance(test.ops[0], _NEGATED_ELSEWHERE):
        return []
    return [ast.UnaryOp(ast.Not(), test)]


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_words(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or _is_none(node) or isinstance(node, ast.JoinedStr)


def _lines(node: ast.AST) -> tuple[int, int]:
    start = node.lineno
    return start, max(start, getattr(node, "end_lineno", start))


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 90 else f"{text[:87]}..."
