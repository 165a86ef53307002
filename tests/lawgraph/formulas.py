"""Formulas as country packages write them, by what they are about: each is compared with OpenFisca itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
from openfisca_core import periods
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DateUnit
from openfisca_core.populations import ADD, DIVIDE

from tests.lawgraph.building import Family, Home, Housing, Person, variable

VARIABLES: dict[str, type] = {}


def formula(entity: Any, value_type: Any = float, **rest: Any) -> Callable[[Any], Any]:
    """Makes a variable of a formula, under its name."""

    def made(function: Any) -> Any:
        name = function.__name__
        VARIABLES[name] = variable(name, entity, value_type, formula=function, **rest)
        return function

    return made


# Numbers


@formula(Person)
def arithmetic(person, period):
    wage, count = person("wage", period), person("count", period)
    return (wage * 1.1 - count / 3 + wage // 7 + wage % 13) * (-1) ** 2 + abs(count) ** 2 + (+wage)


@formula(Person)
def powers(person, period):
    wage = np.abs(person("wage", period)) + 1
    return wage**2 + wage**0.5 + wage**-1 + wage**1.3 + person("count", period) ** 2


@formula(Person, int)
def truncated(person, period):
    return person("wage", period) / 7


@formula(Person)
def whole_numbers(person, period):
    count = person("count", period)
    return count // 2 + count % 4 + (count * 10).astype(np.int64) - np.int16(3)


@formula(Person)
def rounded(person, period):
    wage = person("wage", period)
    return np.round(wage, 1) + np.round(wage) + wage.round(-2) + np.floor(wage / 3) + np.ceil(wage / 7) + np.trunc(wage)


@formula(Person)
def bounded(person, period):
    wage = person("wage", period)
    return np.clip(wage, 100, 900) + np.maximum(wage, 0) - np.minimum(wage, person("count", period)) + np.fmax(wage, 3)


@formula(Person, bool)
def compared(person, period):
    wage, works = person("wage", period), person("works", period)
    return ((wage > 500) & works) | ~works & (wage != 0) | np.logical_xor(wage <= 3, works) | np.logical_not(wage)


@formula(Person)
def summed_booleans(person, period):
    works = person("works", period)
    return works + (person("wage", period) > 3) + works * 4 - (1 - works)


@formula(Person)
def kinds_of_where(person, period):
    wage, works, count = person("wage", period), person("works", period), person("count", period)
    doubles = np.where(works, wage, np.float64(0.1)) + np.where(works, 0.1, wage) + np.where(works, count, 0.5)
    return doubles + np.where(wage > 10, np.where(works, 1, 2), count)


@formula(Person)
def kinds_of_select(person, period):
    wage, works = person("wage", period), person("works", period)
    return np.select(
        [wage > 2000, works, wage > 10], [wage * 0.1, 7, person("count", period)], default=-0.7
    ) + np.select([works], [wage])


@formula(Person)
def guarded_division(person, period):
    wage, count = person("wage", period), person("count", period)
    return np.divide(wage, count, out=np.zeros_like(wage), where=count != 0) + np.divide(
        1, count, out=np.full_like(wage, 9), where=count > 0
    )


@formula(Person)
def not_numbers(person, period):
    wage, count = person("wage", period), person("count", period)
    share = wage / count
    return np.where(np.isfinite(share), share, np.where(np.isnan(share), -1, np.where(share > 0, np.nan, np.inf)))


@formula(Person)
def written_rows(person, period):
    result = person("wage", period).copy()
    low, works = result < 600, person("works", period)
    result[low] = 0
    result[works] = (person("wage", period) * 2)[works]
    result[works] += 5
    return result


@formula(Person)
def written_in_place(person, period):
    total = np.zeros_like(person("wage", period))
    total += person("wage", period)
    total -= 12.5
    total *= person("count", period)
    total[person("works", period)] /= 3
    return total


@formula(Person)
def same_for_all(person, period):
    return 12.5


@formula(Person)
def as_many_as_rows(person, period):
    return np.array([3.5] * len(person("wage", period))) + np.zeros(person.count) + person.filled_array(2)


@formula(Person)
def of_a_list(person, period):
    return np.isin(person("count", period), [1, 2, 5]) * 3 + np.isin(person("place", period), ["a", "c"])


@formula(Person, int)
def without_a_formula_of_its_own(person, period):
    return person("never_given", period) + 1


VARIABLES["never_given"] = variable("never_given", Person, int, default_value=41)


# Branches that decide nothing


@formula(Person)
def checked_first(person, period):
    wage = person("wage", period)
    if (wage < 0).any():
        message = "some wages are negative"
        del message
    if np.all(wage > 0):
        wage = wage + 0
    return wage * 2


# Text, dates, enumerations


@formula(Person, bool)
def text(person, period):
    place = person("place", period).astype(str)
    return (place == "a") | np.char.startswith(place, "b")


@formula(Person, str, default_value="")
def text_chosen(person, period):
    return np.where(person("works", period), person("place", period), "nowhere")


@formula(Person, int)
def age(person, period):
    birth = person("birth", period)
    return (np.datetime64(period.start) - birth + np.timedelta64(1)).astype("timedelta64[Y]")


@formula(Person, int)
def months_of_birth(person, period):
    birth = person("birth", period)
    return birth.astype("datetime64[M]").astype(int) % 12 + 1 + (birth - birth.astype("datetime64[M]")).astype(int)


@formula(Person, bool)
def born_before(person, period):
    return person("birth", period) < datetime.date(1980, 6, 15)


@formula(Person, datetime.date)
def day_after(person, period):
    return person("birth", period) + np.timedelta64(1, "D")


@formula(Person, int)
def working_days(person, period):
    begin = person("birth", period).astype("datetime64[D]")
    return np.busday_count(begin, np.datetime64(period.start.date), weekmask="1111000")


@formula(Home, Enum, possible_values=Housing, default_value=Housing.tenant)
def members_chosen(home, period):
    return np.select(
        [home("size", period) > 5, home("size", period) > 1], [Housing.free, Housing.owner], Housing.tenant
    )


@formula(Home, Enum, possible_values=Housing, default_value=Housing.tenant)
def members_nested(home, period):
    small = home("size", period) < 3
    return np.where(
        small, Housing.free, np.where(home("housing", period) == Housing.owner, Housing.tenant, Housing.owner)
    )


@formula(Home, Enum, possible_values=Housing, default_value=Housing.tenant)
def indices_chosen(home, period):
    return np.where(home("size", period) < 3, home("housing", period), home("members_chosen", period))


@formula(Home, bool)
def indices_chosen_are_numbers(home, period):
    chosen = np.where(home("size", period) < 3, home("housing", period), home("members_chosen", period))
    return (chosen == Housing.owner) | (chosen == 2)


@formula(Home, Enum, possible_values=Housing, default_value=Housing.tenant)
def one_member(home, period):
    return home.filled_array(Housing.free)


@formula(Home, Enum, possible_values=Housing, default_value=Housing.tenant)
def names_encoded(home, period):
    return np.where(home("size", period) < 3, "owner", "free")


@formula(Home, bool)
def enumeration_compared(home, period):
    housing = home("housing", period)
    return (housing == Housing.owner) + (housing != Housing.free) * (housing == home("members_chosen", period))


@formula(Person, bool)
def enumeration_of_a_group(person, period):
    return person.home("housing", period) == Housing.tenant


# Groups


@formula(Family)
def gathered(family, period):
    wages = family.members("wage", period)
    return family.sum(wages) + family.sum(wages, role=Family.CHILD) * 2 + family.sum(wages, role=Family.PARENT) / 3


@formula(Family)
def extremes(family, period):
    wages, counts = family.members("wage", period), family.members("count", period)
    return family.max(wages) * 3 - family.min(wages) + family.max(counts) - family.min(counts)


@formula(Family)
def extremes_of_a_role(family, period):
    return np.clip(family.max(family.members("wage", period), role=Family.CHILD), -5, 1e6)


@formula(Family, bool)
def some(family, period):
    wages = family.members("wage", period)
    return family.any(wages > 3000) | family.any(family.members("count", period), role=Family.CHILD)


@formula(Family, bool)
def everybody(family, period):
    return family.all(family.members("wage", period) > 0) | family.all(
        family.members("works", period), role=Family.CHILD
    )


@formula(Family)
def counted(family, period):
    return family.nb_persons() * 100 + family.nb_persons(Family.CHILD) * 10 + family.nb_persons(role=Family.PARENT)


@formula(Family)
def reduced(family, period):
    wages = family.members("wage", period)
    return family.reduce(wages, np.maximum, 0) + family.reduce(wages, np.minimum, 0, role=Family.CHILD)


@formula(Family, datetime.date)
def first_born(family, period):
    return family.reduce(family.members("birth", period), np.minimum, np.datetime64("2050-01-01"))


@formula(Family)
def of_a_role(family, period):
    wages = family.members("wage", period)
    return family.value_from_person(wages, Family.FIRST_PARENT, default=-4) + family.value_from_person(
        wages, Family.SECOND_PARENT
    )


@formula(Family)
def nth(family, period):
    wages = family.members("wage", period)
    return family.value_nth_person(1, wages, default=17) + family.value_from_first_person(wages) * 2


@formula(Person)
def projected(person, period):
    return person.family("need", period) + person.home("size", period) * 10


@formula(Person)
def projected_role(person, period):
    family = person.family.reference_entity
    return family.project(family("need", period), role=Family.CHILD) + person.has_role(Home.HOLDER)


@formula(Person)
def of_the_partner(person, period):
    return person.value_from_partner(person("wage", period), person.family, Family.PARENT)


@formula(Person, int)
def rank(person, period):
    birth = person("birth", period).astype("datetime64[D]").astype(int)
    return person.get_rank(person.family, -birth, condition=person.has_role(Family.CHILD))


@formula(Person, int)
def rank_of_all(person, period):
    return person.get_rank(person.home, person("wage", period) + person("birth", period).astype(int) / 1e6)


@formula(Person, int)
def rank_of_some(person, period):
    return person.get_rank(person.home, person("birth", period).astype(int), condition=person("count", period) // 4)


@formula(Person)
def position(person, period):
    return person.family.members_position * 10 + person.home.members_position


@formula(Home)
def chain_of_roles(home, period):
    return home.holder("wage", period) + home.holder.family("need", period) + home.first_person("count", period)


@formula(Home)
def contained(home, period):
    return home.family("need", period) + home.first_person.family.nb_persons()


@formula(Person)
def chain_of_groups(person, period):
    return person.family.first_parent.home("size", period) + person.family.first_parent("wage", period)


@formula(Person)
def gathered_and_projected(person, period):
    wages = person.family.members("wage", period)
    return person.family.sum(wages) + person.home.nb_persons(Home.OTHER)


# Parameters


@formula(Person)
def parameters_read(person, period, parameters):
    return (
        person("wage", period) * parameters(period).rate + parameters("2020-01-01").rate + parameters(period)["minimum"]
    )


@formula(Home)
def parameter_by_member(home, period, parameters):
    return parameters(period).rent[home("housing", period)]


@formula(Home)
def parameter_by_number(home, period, parameters):
    return parameters(period).by_size[home("size", period)]


@formula(Person)
def parameter_by_text(person, period, parameters):
    return parameters(period).by_place[person("place", period)]


@formula(Home)
def parameter_below_a_member(home, period, parameters):
    chosen = parameters(period).by_housing[home("housing", period)]
    return chosen.low + chosen["high"] * 2


@formula(Person)
def parameter_by_day(person, period, parameters):
    return parameters(period).by_birth[person("birth", period).astype("datetime64[D]")]


@formula(Person)
def sum_of_parameters(person, period, parameters):
    return sum(parameters(period).rent[name] for name in parameters(period).rent) + ("owner" in parameters(period).rent)


# Periods


@formula(Person)
def added(person, period):
    two_months = periods.period("month:2024-02:2")
    return person("wage", period.last_3_months, options=[ADD]) + person("works", two_months, [ADD])


@formula(Person, unit=DateUnit.YEAR)
def over_the_year(person, period):
    return person("wage", period, options=[ADD]) / 12 + person("works", period, options=[ADD])


@formula(Person)
def divided(person, period):
    return person("over_the_year", period, options=[DIVIDE]) + person("over_the_year", period.this_year)


@formula(Person)
def of_before(person, period):
    return person("wage", period.last_month) + person("wage", period.offset(-2)) - person("wage", period)


@formula(Person, unit=DateUnit.ETERNITY)
def eternal(person, period):
    return person("birth", period).astype(int) * 2


@formula(Person)
def of_the_eternal(person, period):
    return person("eternal", period) + period.start.month


def _of_2020(person, period):
    return person("wage", period) * 2


def _of_march_2024(person, period, parameters):
    return person("wage", period) * parameters(period).rate


VARIABLES["dated"] = variable("dated", Person, formula_2020=_of_2020, formula_2024_03=_of_march_2024)
VARIABLES["dated_later"] = variable("dated_later", Person, formula_2030=_of_2020)
VARIABLES["ended"] = variable("ended", Person, end="2023-12-31", formula=_of_2020)


@formula(Person)
def known_periods(person, period):
    holder = person.get_holder("wage")
    past = sorted(one for one in holder.get_known_periods() if one.start <= period.start)
    return holder.get_array(past[0]) + len(past) + holder.default_array()


# Scales


@formula(Person)
def scale_of_rates(person, period, parameters):
    return parameters(period).scales.marginal.calc(person("wage", period))


@formula(Person)
def scale_of_rates_scaled(person, period, parameters):
    scale, wage = parameters(period).scales.marginal, person("wage", period)
    return scale.calc(wage, factor=1.7) + scale.calc(wage, factor=person("works", period) + 1.0)


@formula(Person)
def scale_of_rates_rounded(person, period, parameters):
    scale, wage = parameters(period).scales.marginal, person("wage", period)
    return scale.calc(wage, factor=1.3, round_base_decimals=1) + scale.calc(wage, 1.3333, round_base_decimals=-2)


@formula(Person)
def marginal_rates(person, period, parameters):
    return parameters(period).scales.marginal.marginal_rates(person("wage", period))


@formula(Person, int)
def brackets(person, period, parameters):
    return parameters(period).scales.marginal.bracket_indices(person("wage", period), factor=1.2)


@formula(Person, int)
def brackets_at_their_thresholds(person, period, parameters):
    return parameters(period).scales.marginal.bracket_indices(np.round(person("wage", period) / 500) * 500)


@formula(Person)
def scale_of_amounts(person, period, parameters):
    return parameters(period).scales.amounts.calc(person("wage", period))


@formula(Person)
def single_amount(person, period, parameters):
    return parameters(period).scales.single.calc(np.round(person("wage", period), -2))


@formula(Person)
def single_amount_to_the_right(person, period, parameters):
    return parameters(period).scales.single.calc(np.round(person("wage", period), -2), right=True)


@formula(Person)
def average_rate(person, period, parameters):
    return parameters(period).scales.average.calc(person("wage", period))
