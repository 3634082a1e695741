"""Changes that leave the program what it is, by its very form: they are not made.

In all of them a comparison moves to its neighbour across equality, and at equality both ways lead to the same value:
    if a > b: a = b            and the other way round, the running extreme, whatever else must hold or will do
    a if a < b else b          either way round, and a clamp: 0 if x < 0 else x if x < top else top
    if a < 0: a = -a           and the same as an expression
Where b is a number, the number moved by one towards the neighbour is the same change.
"""

import ast
from collections.abc import Iterator

NEIGHBOUR: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
TOWARDS = {ast.Lt: 1, ast.LtE: -1, ast.Gt: -1, ast.GtE: 1}
Change = tuple[int, str]  # id of the node in question, source of what takes its place


def spared(node: ast.AST) -> Iterator[Change]:
    """Changes somewhere below this node that change nothing."""
    if not isinstance(node, ast.If | ast.IfExp):
        return
    for test in _needed(node.test):
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in NEIGHBOUR:
            yield from _at_equality(node, test)


def _needed(test: ast.expr) -> list[ast.expr]:
    """The condition, or all of several that must hold together or of which one will do."""
    return test.values if isinstance(test, ast.BoolOp) else [test]


def _at_equality(node: ast.If | ast.IfExp, test: ast.Compare) -> Iterator[Change]:
    left, right = ast.unparse(test.left), ast.unparse(test.comparators[0])
    if not (_chooses(node, left, right) or _turns(node, left, right)):
        return
    op = type(test.ops[0])
    yield id(test), ast.unparse(ast.Compare(test.left, [NEIGHBOUR[op]()], test.comparators))
    bound = test.comparators[0]
    if isinstance(bound, ast.Constant) and isinstance(bound.value, int):
        yield id(bound), str(bound.value + TOWARDS[op])


def _chooses(node: ast.If | ast.IfExp, left: str, right: str) -> bool:
    """One of the two compared values is taken."""
    if isinstance(node, ast.IfExp):
        rest = node.orelse
        while isinstance(rest, ast.IfExp):
            rest = rest.body
        return {ast.unparse(node.body), ast.unparse(rest)} == {left, right}
    return _assigned(node) in {(left, right), (right, left)}


def _turns(node: ast.If | ast.IfExp, left: str, right: str) -> bool:
    """A magnitude: nothing else than nothing is its own opposite."""
    if right != "0":
        return False
    if isinstance(node, ast.IfExp):
        return {ast.unparse(node.body), ast.unparse(node.orelse)} == {left, "-" + left}
    return _assigned(node) in {(left, "-" + left), (left, "0 - " + left)}


def _assigned(node: ast.If) -> tuple[str, str] | None:
    """(target, value) where that is all that the branch does, and there is no other branch."""
    if node.orelse or len(node.body) != 1 or not isinstance(node.body[0], ast.Assign):
        return None
    only = node.body[0]
    return ast.unparse(only.targets[0]), ast.unparse(only.value)
