"""Who lives with whom: the compositions that random households are drawn from.

Each member of a shape has a kind (which decides age, activity and income), the person whose child or partner it is,
and its place in the three French groups, which need not coincide: that is the point of several of these shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KINDS = ("adult", "partner", "mature", "child", "young", "student", "pensioner")


@dataclass(frozen=True)
class Member:
    """One place in a shape. `kin`: position of the parent (of a child) or of the partner, None when alone."""

    kind: str
    famille: tuple[int, str]
    foyer_fiscal: tuple[int, str]
    menage: tuple[int, str]
    kin: int | None = None


@dataclass(frozen=True)
class Shape:
    """A composition, and how often it is drawn (per thousand, roughly)."""

    name: str
    weight: float
    members: tuple[Member, ...]

    @property
    def shared(self) -> bool:
        """Whether unrelated adults share the rent."""
        return self.name == "flat_share"


def _head(kind: str = "adult", famille: int = 0, foyer: int = 0, menage: int = 0, role: str = "") -> Member:
    """Somebody who is at the head of a family and of a tax unit, and of the dwelling unless a role is told."""
    at_home = role or "personne_de_reference"
    return Member(kind, (famille, "demandeur"), (foyer, "declarant_principal"), (menage, at_home))


def _partner(kind: str = "partner", foyer: tuple[int, str] = (0, "conjoint")) -> Member:
    return Member(kind, (0, "conjoint"), foyer, (0, "conjoint"), kin=0)


def _child(of: int = 0, famille: int = 0, foyer: int = 0, role: str = "enfant") -> Member:
    return Member("child", (famille, "enfant"), (foyer, "personne_a_charge"), (0, role), kin=of)


def _shapes() -> tuple[Shape, ...]:
    own = (1, "demandeur")
    dependant = (0, "personne_a_charge")
    couple = (_head(), _partner())
    mature = (_head("mature"), _partner("mature"))
    young = Member("young", own, dependant, (0, "enfant"), kin=0)
    return (
        Shape("lone", 240, (_head(),)),
        *(Shape(f"couple_{k}", w, couple + (_child(),) * k) for k, w in enumerate((90, 80, 90, 50, 20, 8, 3))),
        *(Shape(f"lone_parent_{k}", w, (_head(), *(_child(),) * k)) for k, w in enumerate((70, 50, 20, 6), start=1)),
        Shape("pensioner", 90, (_head("pensioner"),)),
        Shape("pensioners", 70, (_head("pensioner"), _partner("pensioner"))),
        Shape("student", 40, (_head("student"),)),
        # A family of one's own, still on the parents' tax return.
        Shape("young_at_home", 40, (*mature, young, _child())),
        Shape(
            "young_of_lone_parent",
            20,
            (_head("mature"), Member("young", own, (1, "declarant_principal"), (0, "enfant"), kin=0)),
        ),
        # Away for studies: the dwelling is one's own too, only the tax return is the parents'.
        Shape(
            "student_away",
            20,
            (*mature, _child(), Member("student", own, dependant, (1, "personne_de_reference"), kin=0)),
        ),
        # One family, two tax returns.
        Shape("unmarried_1", 40, (_head(), _partner(foyer=(1, "declarant_principal")), _child())),
        Shape(
            "unmarried_2", 20, (_head(), _partner(foyer=(1, "declarant_principal")), _child(), _child(of=1, foyer=1))
        ),
        # Two families under one roof.
        Shape(
            "two_families",
            15,
            (
                _head(),
                _child(),
                _head(famille=1, foyer=1, role="autre"),
                _child(of=2, famille=1, foyer=1, role="autre"),
            ),
        ),
        Shape("with_elder", 15, (*couple, _child(), _head("pensioner", famille=1, foyer=1, role="autre"))),
        Shape(
            "flat_share",
            20,
            (_head(), _head(famille=1, foyer=1, role="autre"), _head("student", famille=2, foyer=2, role="autre")),
        ),
    )


SHAPES = _shapes()


@dataclass(frozen=True)
class People:
    """The persons of n households, one entry per person, and the groups in the columns of a batch."""

    shape: np.ndarray
    """Of each household, its position in the shapes drawn from."""
    household: np.ndarray
    position: np.ndarray
    kind: np.ndarray
    kin: np.ndarray
    """The person whose child or partner it is, -1 for nobody."""
    groups: dict[str, np.ndarray]
    counts: dict[str, int]
    """How many of each group."""

    def __len__(self) -> int:
        return len(self.household)

    def dwelling(self, of_household: np.ndarray) -> np.ndarray:
        """A fact of households, by dwelling (`menage`)."""
        result = np.empty(self.counts["menage"], dtype=of_household.dtype)
        result[self.groups["menage.id"]] = of_household[self.household]
        return result


def draw_people(n: int, rng: np.random.Generator, shapes: tuple[Shape, ...]) -> People:
    """n households of these shapes, at random by their weights."""
    weights = np.array([shape.weight for shape in shapes])
    shape = rng.choice(len(shapes), size=n, p=weights / weights.sum())
    sizes = np.array([len(one.members) for one in shapes])[shape]
    start = np.cumsum(sizes) - sizes
    household = np.repeat(np.arange(n), sizes)
    position = np.arange(int(sizes.sum())) - start[household]
    place = (shape[household], position)
    kin = _table(shapes, [[-1 if m.kin is None else m.kin for m in one.members] for one in shapes])[place]
    groups: dict[str, np.ndarray] = {}
    counts = {}
    for group in ("famille", "foyer_fiscal", "menage"):
        local = [[getattr(member, group)[0] for member in one.members] for one in shapes]
        roles = [[getattr(member, group)[1] for member in one.members] for one in shapes]
        in_household = np.array([max(ids) + 1 for ids in local])[shape]
        first = np.cumsum(in_household) - in_household
        groups[f"{group}.id"] = first[household] + _table(shapes, local)[place]
        groups[f"{group}.role"] = _table(shapes, roles)[place]
        counts[group] = int(in_household.sum())
    return People(
        shape=shape,
        household=household,
        position=position,
        kind=_table(shapes, [[member.kind for member in one.members] for one in shapes])[place],
        kin=np.where(kin < 0, -1, start[household] + kin),
        groups=groups,
        counts=counts,
    )


def _table(shapes: tuple[Shape, ...], rows: list[list[int]] | list[list[str]]) -> np.ndarray:
    """Rows of unequal length as one array, to be read by (shape, position)."""
    width = max(len(one.members) for one in shapes)
    filler = "" if isinstance(rows[0][0], str) else 0
    return np.array([[*row, *[filler] * (width - len(row))] for row in rows])
