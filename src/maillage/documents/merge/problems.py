"""What is wrong in a template, said to whoever wrote it in a word processor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from maillage.kernel.errors import MAX_PROBLEMS_SHOWN, MaillageError, shorten

EXCERPT_LENGTH = 90


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: what and how, in which part of the file, and the text around it where there is one."""

    message: str
    where: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        place = f"{self.where[0].upper()}{self.where[1:]} : " if self.where else ""
        around = f" (dans « {self.excerpt} »)" if self.excerpt else ""
        return f"{place}{self.message}{around}"


class TemplateRefused(MaillageError):
    """A template that cannot be used. `problems` is complete; the message shows the first ones and counts the rest."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        shown = [str(problem) for problem in self.problems[:MAX_PROBLEMS_SHOWN]]
        left = len(self.problems) - len(shown)
        if left:
            shown.append(f"… et {left} autre{'s' if left > 1 else ''} problème{'s' if left > 1 else ''}.")
        super().__init__("\n".join(["Le modèle de document est refusé.", *shown]))


def refused(message: str, where: str = "") -> TemplateRefused:
    return TemplateRefused([Problem(message, where)])


def excerpt(text: str, around: int = 0) -> str:
    """The words about a position, on one line."""
    start = max(0, around - EXCERPT_LENGTH // 3)
    cut = " ".join(text[start : start + EXCERPT_LENGTH * 2].split())
    return ("…" if start else "") + shorten(cut, EXCERPT_LENGTH)
