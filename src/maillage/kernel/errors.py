"""Errors whose message is read by a user, in French, and says what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_PROBLEMS_SHOWN = 20
MAX_MESSAGE_LENGTH = 300


def shorten(text: str, limit: int = MAX_MESSAGE_LENGTH) -> str:
    """Cut a text that may come from a file of any size, so that a message stays readable."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


class MaillageError(Exception):
    """Base of every error that is shown to a user. `message_fr` is the whole message."""

    def __init__(self, message_fr: str) -> None:
        super().__init__(message_fr)
        self.message_fr = message_fr

    def __str__(self) -> str:
        return self.message_fr


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One thing wrong in what was given: where it is, and what to do about it.

    `row` counts from 1, heading included, as a spreadsheet shows it; None when the whole file is concerned.
    """

    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        places = []
        if self.row is not None:
            places.append(f"ligne {self.row}")
        if self.column is not None:
            places.append(f"colonne « {shorten(self.column, 60)} »")
        message = shorten(self.message)
        if not places:
            return message
        place = ", ".join(places)
        return f"{place[0].upper()}{place[1:]} : {message}"


class InputRefused(MaillageError):
    """What was given is refused as a whole; `problems` says every reason found.

    `problems` is complete; the message shows the first `MAX_PROBLEMS_SHOWN` and counts the rest.
    """

    def __init__(self, problems: Iterable[InputProblem], title: str = "Le contenu fourni est refusé.") -> None:
        self.problems: list[InputProblem] = list(problems)
        self.title = title
        super().__init__("\n".join([title, *self.lines()]))

    def lines(self, limit: int = MAX_PROBLEMS_SHOWN) -> list[str]:
        """The first `limit` problems, and a last line counting those left out."""
        shown = [str(problem) for problem in self.problems[:limit]]
        left = len(self.problems) - len(shown)
        if left == 1:
            shown.append("… et 1 autre problème.")
        elif left > 1:
            shown.append(f"… et {left} autres problèmes.")
        return shown
