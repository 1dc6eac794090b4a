"""Which names belong to a function: its parameters and what it assigns, not what it finds outside."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parameters(arguments: ast.arguments) -> set[str]:
    """The names of all parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in every if argument is not None}


def bound(body: Iterable[ast.AST]) -> set[str]:
    """The names that statements bind in the scope they stand in. Imports are left out,
    because the linker decides about those.
    """
    names: set[str] = set()
    outside: set[str] = set()
    for node in _own(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)) or isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Global):
            outside.update(node.names)
    return names - outside


def declared_global(tree: ast.Module) -> set[str]:
    """The names that functions of a module assign to although they are the module's."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the scopes inside it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            # its body is a scope of its own; its decorators, bases and defaults are
            # of this one and bind nothing
            continue
        if isinstance(node, _COMPREHENSIONS):
            continue
        waiting.extend(ast.iter_child_nodes(node))
