"""A module's code with every name replaced by what it is bound to."""

from __future__ import annotations

import ast
import builtins
import copy

from .program import NAMES, Binding, Defined, Foreign, Linked, LinkError, Module, Program
from .scopes import bound, parameters


class Rewriter(ast.NodeTransformer):
    """Rewrites the statements of one module. `used`: what it needs of resident modules;
    `foreign`: of modules that are not linked.
    """

    def __init__(self, program: Program, module: Module) -> None:
        self.program = program
        self.module = module
        self.lazy = module.name in program.lazy
        self.used: set[Defined] = set()
        self.foreign: dict[str, Foreign] = {}
        # Names of the functions around, the innermost last: bound to something outside, or to
        # None when they are the function's own
        self.scopes: list[dict[str, Binding | None]] = []
        self.parents: list[ast.expr | None] = []  # of the classes around: what each is made of, when that is one

    # -- names -------------------------------------------------------------------------------------

    def _binding(self, name: str) -> Binding | None:
        """What a name means here; None for a function's own and for those of the language."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.module.bindings.get(name)

    def _replacement(self, binding: Binding, node: ast.expr) -> ast.expr:
        """The expression that takes the place of a name: the constant, the name in the linked
        module, or a foreign one.
        """
        binding = self.program.resolve(binding)
        constant = self.program.constant(binding)
        if constant is not None:
            if isinstance(getattr(node, "ctx", None), ast.Load):
                return copy.deepcopy(constant)
            raise LinkError(f"{self.module.name}: {ast.unparse(node)} is a constant and changed in line {node.lineno}")
        if isinstance(binding, Linked):
            if not isinstance(getattr(node, "ctx", None), ast.Load):
                raise LinkError(f"{self.module.name}: line {node.lineno} changes a module")
            binding = Defined(binding.module, NAMES)
        context = getattr(node, "ctx", ast.Load())
        if isinstance(binding, Foreign):
            return ast.Name(self.foreign_name(binding), context)
        self.used.add(binding)
        return ast.Name(self.program.final.get(binding, binding.name), context)

    def foreign_name(self, binding: Foreign) -> str:
        """The name under which something foreign is known; noted to be imported."""
        name = binding.name or binding.module
        self.foreign[name] = binding
        return name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        binding = self._binding(node.id)
        if binding is None:
            return node
        if self.lazy and not self.scopes and isinstance(node.ctx, ast.Store):
            return node
        if isinstance(binding, (Defined, Linked)) and binding.module in self.program.lazy:
            constant = self.program.constant(self.program.resolve(binding))
            # a module that stays one, or something of it: its import does that
            return node if constant is None else copy.deepcopy(constant)
        return self._replacement(binding, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            binding = self._binding(node.value.id)
            if isinstance(binding, Linked):
                attribute = Defined(binding.module, node.attr)
                if binding.module in self.program.lazy:
                    constant = self.program.constant(self.program.resolve(attribute))
                    return copy.deepcopy(constant) if constant is not None else node
                return self._replacement(attribute, node)
        self.generic_visit(node)
        return node

    # -- scopes ------------------------------------------------------------------------------------

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args = self.visit(node.args)
        if not self.scopes:
            node.name = self._own_name(node.name)
        self.scopes.append(dict.fromkeys(parameters(node.args) | bound(node.body)))
        node.body = [statement for each in node.body for statement in listed(self.visit(each))] or [ast.Pass()]
        self.scopes.pop()
        return node

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.scopes.append(dict.fromkeys(parameters(node.args)))
        self.generic_visit(node)
        self.scopes.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Rewrite a class: its bases, its name, and its body, whose names methods do not see."""
        node.bases = [self.visit(each) for each in node.bases]
        if not self.scopes:
            node.name = self._own_name(node.name)
        own = bound(node.body)
        self.parents.append(node.bases[0] if len(node.bases) == 1 else None)
        body = []
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                # names of a class are not seen in its methods
                self.scopes.append({})
                body += listed(self.visit(statement))
                self.scopes.pop()
            else:
                self.scopes.append(dict.fromkeys(own))
                body += listed(self.visit(statement))
                self.scopes.pop()
        self.parents.pop()
        node.body = body or [ast.Pass()]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`super().name(…)` as `Parent.name(self, …)`, and `bytes(4)` as a literal: with these a
        class can be a constant (tools/image/rom).
        """
        function = node.func
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) == "super()" and self._plain_parent():
            node.func = ast.Attribute(copy.deepcopy(self.parents[-1]), function.attr, ast.Load())
            node.args = [ast.Name("self", ast.Load()), *(self.visit(each) for each in node.args)]
            node.keywords = [self.visit(each) for each in node.keywords]
            return node
        self.generic_visit(node)
        if (
            ast.unparse(function) == "bytes"
            and len(node.args) == 1
            and isinstance(node.args[0], ast.Constant)
            and not node.keywords
        ):
            if self._binding("bytes") is None and type(node.args[0].value) is int:
                return ast.Constant(bytes(node.args[0].value))
        return node

    def _plain_parent(self) -> bool:
        """Whether `super()` is what the parent's name and `self` mean here, and the
        parent may be a class in Python.

        The initializer of a class in C has no name; `super()` finds it all the same.
        """
        parent = self.parents[-1] if self.parents else None
        if parent is None or not self.scopes or "self" not in self.scopes[-1]:
            return False
        names = {each.id for each in ast.walk(parent) if isinstance(each, ast.Name)}
        return not any(hasattr(builtins, name) or any(name in scope for scope in self.scopes) for name in names)

    def _comprehension(self, node: ast.AST) -> ast.AST:
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        self.scopes.append(dict.fromkeys(names))
        self.generic_visit(node)
        self.scopes.pop()
        return node

    visit_ListComp = _comprehension
    visit_SetComp = _comprehension
    visit_DictComp = _comprehension
    visit_GeneratorExp = _comprehension

    def _own_name(self, name: str) -> str:
        return self.program.final.get(Defined(self.module.name, name), name)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self._own_name(name) for name in node.names]
        return node

    # -- statements --------------------------------------------------------------------------------

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None  # documentation
        self.generic_visit(node)
        return node

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> list[ast.stmt]:
        """An import inside a function, or in a module that stays one: what
        is resident is known already.
        """
        kept: list[ast.stmt] = []
        for name, binding in self.program.imports(node):
            if isinstance(binding, Foreign):
                kept.append(imported(name, binding.module, binding.name))
                self._bind_here(name, None if self.scopes else binding)
                continue
            resolved = self.program.resolve(binding)
            if resolved.module in self.program.resident:
                self._bind_here(name, resolved)
                continue
            self._bind_here(name, binding)
            file = self.program.file(resolved.module)
            if isinstance(resolved, Linked):
                kept.append(imported(name, file, None))
            elif self.program.constant(resolved) is None:
                kept.append(imported(name, file, resolved.name))
        return kept

    visit_ImportFrom = visit_Import

    def _bind_here(self, name: str, binding: Binding | None) -> None:
        if self.scopes:
            self.scopes[-1][name] = binding


def imported(name: str, module: str, attribute: str | None) -> ast.stmt:
    """The statement that imports a module, or something of it, under a name."""
    if attribute is None:
        return ast.Import([ast.alias(module, name if name != module else None)])
    return ast.ImportFrom(module, [ast.alias(attribute, name if name != attribute else None)], 0)


def listed(result: ast.AST | list[ast.AST] | None) -> list[ast.AST]:
    """What a visitor returned, as the statements that it is."""
    if result is None:
        return []
    return result if isinstance(result, list) else [result]
