"""What the compiler refuses, each with the place where it was met."""

from __future__ import annotations


class LawgraphError(Exception):
    """Any refusal of the compiler."""


class TraceError(LawgraphError):
    """A formula does something that cannot be recorded without guessing.

    `place` says where: the variable, the period, and the file and line of the formula when they are known.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(f"{message} ({place})" if place else message)
        self.place = place


class StaleProgram(LawgraphError):
    """A program was compiled from other formulas or parameters than those in force."""


class BadProgramFile(LawgraphError):
    """A file is not a program, or not one that this version reads."""


class BadColumns(LawgraphError):
    """Columns that a program cannot run on: one problem a line, each with its column and, where known, its row."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
