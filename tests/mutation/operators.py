"""What may be changed in one place of a syntax tree: the mistakes of a tired programmer, one function a kind.

Each takes a node and yields nodes to put in its place. Comparisons move to their neighbours, integers by one, arithmetic and
logic to their opposites; conditions hold always or never; statements go missing; rows of tables go missing or change places.
"""

import ast
import copy
from collections.abc import Iterator

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
EXTREMES = {"min": "max", "max": "min"}
DROPPED = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Break, ast.Continue, ast.Raise)
TABLE_ROWS = (ast.Tuple, ast.List, ast.Call)


def comparisons(node: ast.AST) -> Iterator[ast.expr]:
    """One operator of a chain becomes a neighbour."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(node.left, [*node.ops[:k], other(), *node.ops[k + 1 :]], node.comparators)


def literals(node: ast.AST) -> Iterator[ast.expr]:
    """A number is one too large or too small; a truth is turned."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def logic(node: ast.AST) -> Iterator[ast.expr]:
    """`and` for `or`; a `not` forgotten, or one too many before what is no comparison."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for k, value in enumerate(node.values):
            if isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                turned = ast.UnaryOp(ast.Not(), value)
                yield ast.BoolOp(node.op, [*node.values[:k], turned, *node.values[k + 1 :]])
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield node.operand


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """The opposite operator; the other extreme; a sign that is not taken away."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in EXTREMES:
            yield ast.Call(ast.Name(EXTREMES[node.func.id], ast.Load()), node.args, node.keywords)
        elif node.func.id == "abs":
            yield node.args[0]


def conditions(node: ast.AST) -> Iterator[ast.AST]:
    """A condition that always holds, and one that never does."""
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Constant):
        for truth in (True, False):
            changed = copy.copy(node)
            changed.test = ast.Constant(truth)
            yield changed


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """A statement that is missing; a result that is 0."""
    if isinstance(node, DROPPED) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        if not isinstance(node, ast.AnnAssign) or node.value is not None:
            yield ast.Pass()
    elif isinstance(node, ast.Return):
        if node.value is None:
            yield ast.Pass()
        elif not isinstance(node.value, ast.Constant):
            yield ast.Return(ast.Constant(0))


def rows(node: ast.AST) -> Iterator[ast.expr]:
    """A table with a row missing, and with two neighbours in each other's place."""
    if not isinstance(node, ast.Tuple | ast.List) or len(node.elts) < 2:
        return
    if not all(isinstance(row, TABLE_ROWS) for row in node.elts):
        return
    for k in range(len(node.elts)):
        yield type(node)([*node.elts[:k], *node.elts[k + 1 :]], node.ctx)
    for k in range(len(node.elts) - 1):
        a, b = node.elts[k], node.elts[k + 1]
        if ast.dump(a) != ast.dump(b):
            yield type(node)([*node.elts[:k], b, a, *node.elts[k + 2 :]], node.ctx)


OPERATORS = (comparisons, literals, logic, arithmetic, conditions, statements, rows)
