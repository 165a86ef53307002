"""Imports and relations go down the staircase, never up, never sideways.

import-linter holds the imports too (`make check`); here they are held by the default tests, with what escapes it:
string foreign keys, and the purity of the lower steps.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps as registry
from django.db import models

from tests.architecture import project

PURE = ("engines", "kernel")
FOREIGN_TO_PURE = ("django", "sqlite3", "psycopg", "socket", "http", "urllib", "subprocess", "click")
CLOCKS = {("date", "today"), ("datetime", "now"), ("datetime", "utcnow"), ("time", "time"), ("timezone", "now")}


def test_every_package_has_its_step() -> None:
    named = sorted(name for step in project.layers() for name in step)
    assert named == project.packages()


def test_imports_go_down() -> None:
    wrong = []
    for path in project.sources(migrations=True):
        if len(path.relative_to(project.PACKAGE).parts) == 1:
            continue
        own = project.package_of(path)
        for line, module in project.imported_modules(path):
            parts = module.split(".")
            if parts[0] != "maillage" or len(parts) < 2 or parts[1] == own or parts[1] == "__version__":
                continue
            if project.depth(parts[1]) <= project.depth(own):
                wrong.append(f"{project.relative(path)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def _models() -> list[type[models.Model]]:
    ours = [m for m in registry.get_models(include_auto_created=True) if m.__module__.startswith("maillage.")]
    assert len(ours) > 15
    return ours


@pytest.mark.parametrize("model", _models(), ids=lambda model: model._meta.label)
def test_every_relation_points_down_or_home(model: type[models.Model]) -> None:
    own = model._meta.app_label
    for field in model._meta.get_fields(include_parents=False):
        if not field.is_relation or field.auto_created or not isinstance(field.related_model, type):
            continue
        target = field.related_model._meta
        if target.app_label == own or not target.model.__module__.startswith("maillage."):
            continue
        assert project.depth(target.app_label) > project.depth(own), (
            f"{model._meta.label}.{field.name} points to {target.label}, which is not on a lower step"
        )


def _pure_files() -> list[Path]:
    return [p for p in project.sources() if project.package_of(p) in PURE]


def test_pure_steps_import_no_framework_and_no_io() -> None:
    wrong = [
        f"{project.relative(path)}:{line} imports {module}"
        for path in _pure_files()
        for line, module in project.imported_modules(path)
        if module.split(".")[0] in FOREIGN_TO_PURE
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_steps_read_no_clock() -> None:
    """A verdict depends on what is passed in: the date is an argument."""
    wrong = [
        f"{project.relative(path)}:{node.lineno}"
        for path in _pure_files()
        for node in ast.walk(project.tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in CLOCKS
    ]
    assert not wrong, "\n".join(wrong)


def test_services_take_no_request() -> None:
    """A write is the same from a page, a command or a job; HTTP stays in the views."""
    wrong = [
        f"{project.relative(path)}:{line} imports {module}"
        for path in project.sources()
        if path.stem in {"services", "selectors", "tasks"} or path.parent.name in {"services", "selectors"}
        for line, module in project.imported_modules(path)
        if module.startswith(("django.http", "django.shortcuts", "django.views"))
    ]
    assert not wrong, "\n".join(wrong)


def _is_atomic(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(target) in {"transaction.atomic", "atomic"}


def test_public_services_are_keyword_only() -> None:
    """The shape of a write: named arguments, so that two codes are never swapped in silence."""
    wrong = []
    for path in project.sources():
        if path.stem != "services" and path.parent.name != "services":
            continue
        for node in project.tree(path).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if any(_is_atomic(d) for d in node.decorator_list) and (node.args.args or node.args.posonlyargs):
                wrong.append(f"{project.relative(path)}:{node.lineno} {node.name}")
    assert not wrong, "\n".join(wrong)
