"""What is said of the fields of a text, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from maillage.contracts.models import FieldComment
from maillage.contracts.selectors.comparison import named
from maillage.contracts.selectors.drafts import Draft
from maillage.core.models import User


def thread_id(path: str) -> str:
    """The id of the block that holds what is said of a field."""
    return f"fil-{path.replace('/', '-')}"


@dataclass(frozen=True, slots=True)
class Said:
    """One comment, and what this person may do of it."""

    comment: FieldComment
    may_answer: bool
    may_close: bool

    @property
    def is_open(self) -> bool:
        return self.comment.closed_at is None

    @property
    def waits(self) -> bool:
        """Whether it has no answer yet."""
        return self.is_open and self.comment.answered_at is None


@dataclass(frozen=True)
class Thread:
    """Everything said of one field, the open ones first."""

    path: str
    label: str
    said: tuple[Said, ...] = ()
    may_comment: bool = False

    @property
    def id(self) -> str:
        return thread_id(self.path)

    @property
    def open(self) -> int:
        return sum(one.is_open for one in self.said)


@dataclass(frozen=True)
class Reader:
    """Who reads the comments: `may_write` while the text is negotiated and this person is of it."""

    user: User
    is_party: bool
    is_state_team: bool
    may_write: bool


def threads_of(draft: Draft, reader: Reader, names: Mapping[str, Mapping[str, str]]) -> dict[str, Thread]:
    """Path → what is said of it in this negotiation. One query."""
    found = FieldComment.objects.filter(contract=draft.contract, amendment=draft.amendment)
    rows = found.select_related("by", "answered_by", "closed_by").order_by("path", "at", "pk")
    return {path: thread(path, list(group), reader, names) for path, group in groupby(rows, key=lambda one: one.path)}


def thread(
    path: str, comments: Sequence[FieldComment], reader: Reader, names: Mapping[str, Mapping[str, str]]
) -> Thread:
    """What is said of one field, even nothing."""
    said = sorted((_said(one, reader) for one in comments), key=lambda one: not one.is_open)
    return Thread(path, named(path, names), tuple(said), reader.may_write)


def _said(comment: FieldComment, reader: Reader) -> Said:
    is_open = comment.closed_at is None
    may_close = is_open and (reader.is_state_team or comment.by_id == reader.user.pk)
    return Said(comment, is_open and reader.is_party, may_close)
