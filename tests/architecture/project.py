"""What the guards look at: the files of the project, its layers, the words of an identifier.

Read from the tree and from `pyproject.toml`, so that nothing about the project is written twice.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "maillage"

# What a person wrote and another will read: the files held to the same length and the same words.
WRITTEN_SUFFIXES = {".py", ".html", ".css", ".js", ".md", ".toml", ".typ", ".txt", ".svg", ".yml", ".yaml", ".json"}


@functools.cache
def layers() -> tuple[tuple[str, ...], ...]:
    """The staircase of `pyproject.toml`, top first; packages of one step stand side by side."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return tuple(tuple(re.split(r"\s*\|\s*", line)) for line in contract["layers"])


def depth(package: str) -> int:
    """The step of a package, counted from the top. Raises KeyError when the staircase does not name it."""
    return {name: step for step, names in enumerate(layers()) for name in names}[package]


def packages() -> list[str]:
    return sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists())


def apps() -> list[str]:
    """Packages that are Django apps."""
    return sorted(name for name in packages() if (PACKAGE / name / "apps.py").exists())


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Files that a commit would hold: tracked, or new and not ignored. From the tree itself outside a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return tuple(sorted(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()))
    kept = ("src", "tests", "docs", "locks", ".ci")
    return tuple(sorted(p for folder in kept for p in (ROOT / folder).rglob("*") if p.is_file()))


def sources(*, migrations: bool = False) -> list[Path]:
    """Python files of the package."""
    return [p for p in sorted(PACKAGE.rglob("*.py")) if migrations or "migrations" not in p.parts]


def templates() -> list[Path]:
    return sorted(PACKAGE.glob("*/templates/**/*.html"))


def package_of(path: Path) -> str:
    """The step that a file of the package belongs to: `indicators`, `engines` … (or the file itself, at the top)."""
    return path.relative_to(PACKAGE).parts[0]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of all that a file imports, wherever in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of what a file names itself: classes, functions, arguments, variables, attributes."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def form_fields(path: Path) -> set[str]:
    """Names of the fields of a file's forms. They are parameters of an address, and addresses are French."""
    return {
        target.id
        for form in ast.walk(tree(path))
        if isinstance(form, ast.ClassDef)
        for node in form.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).startswith("forms.")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def words(identifier: str) -> list[str]:
    """`StatedFigure`, `stated_figure` and `STATED_FIGURE` are the same two words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+|[0-9]+", " ", identifier)
    return spaced.lower().split()


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
