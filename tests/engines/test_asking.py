"""A question read into indicators, territories and a year: the rules one by one, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.asking import (
    MAX_LETTERS,
    Lexicon,
    Name,
    Places,
    Reading,
    Subject,
    find_places,
    looked_for,
    nearest,
    read,
    respelled,
    settle,
    words,
)


def subject(code: str, *phrases: str) -> Subject:
    return Subject(code, tuple(Lexicon().words_of(phrase) for phrase in phrases))


LEXICON = Lexicon(
    subjects=(
        subject("RATE", "pauvrete", "taux pauvrete"),
        subject("YOUNG", "pauvrete moins 30 ans"),
        subject("INCOME", "niveau vie", "revenu"),
        subject("SERVICES", "france service"),
        subject("TWIN-A", "aide"),
        subject("TWIN-B", "aide"),
    ),
    expansions={"niv": ("niveau",), "st": ("saint",)},
    levels={
        "dept": ("departement", False),
        "commune": ("commune", False),
        "communes": ("commune", True),
        "cc": ("epci", False),
    },
    absent={"qpv": "Les QPV ne sont pas chargés."},
    ignored=frozenset({"de", "la", "le", "a", "l", "et"}),
)


def name(code: str, folded: str, level: str = "commune", *, near: bool = False) -> Name:
    breadth = ["country", "region", "departement", "epci", "commune"].index(level)
    return Name(code, folded.title(), folded, level, code.partition("-")[2], breadth, near)


ANGERS = name("COM-49007", "angers", near=True)
METRO = name("EPCI-244900015", "cu angers loire metropole", "epci", near=True)
MAYENNE = name("DEP-53", "mayenne", "departement", near=True)
TOWN = name("COM-53147", "mayenne", near=True)
CC = name("EPCI-200055887", "cc mayenne communaute", "epci", near=True)
NAZAIRE = name("COM-44184", "saint-nazaire", near=True)
FAR = name("COM-11360", "saint-nazaire-d'aude")
REGION = name("REG-52", "pays de la loire", "region", near=True)
MARNE = name("DEP-52", "haute-marne", "departement")
NAMES = (ANGERS, METRO, MAYENNE, TOWN, CC, NAZAIRE, FAR, REGION, MARNE)


def asked(text: str, names: tuple[Name, ...] = NAMES) -> tuple[Reading, Places]:
    reading = settle(read(text, LEXICON), LEXICON, names)
    return reading, find_places(reading, LEXICON, names)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("taux de pauvreté", (("RATE",),)),
        ("PAUVRETÉ", (("RATE",),)),
        ("pauvreté des moins de 30 ans", (("YOUNG",),)),
        ("niv de vie", (("INCOME",),)),
        ("revenus", (("INCOME",),)),
        ("pauvreté et revenu", (("INCOME",), ("RATE",))),
        ("aides", (("TWIN-A", "TWIN-B"),)),
        ("pauvret", (("RATE",),)),
        ("pauvrté", (("RATE",),)),
        ("tax pauvreté", (("RATE",),)),
        ("rien de connu", ()),
        ("", ()),
    ],
)
def test_indicators_by_the_longest_phrase_typed(text: str, topics: tuple[tuple[str, ...], ...]) -> None:
    reading, _ = asked(text)
    assert sorted(reading.topics) == sorted(topics)


def test_a_phrase_takes_its_numbers_and_leaves_the_others_as_codes() -> None:
    assert asked("pauvreté moins de 30 ans 53")[0].codes == ("53",)
    assert asked("pauvreté 30")[0].codes == ("30",)


@pytest.mark.parametrize(
    ("text", "codes", "is_sure"),
    [
        ("angers", ["COM-49007"], True),
        ("angers loire", ["EPCI-244900015"], True),
        ("mayenne", ["DEP-53"], True),
        ("commune de mayenne", ["COM-53147"], True),
        ("cc mayenne", ["EPCI-200055887"], True),
        ("communes mayenne", ["DEP-53"], True),
        ("st naz", ["COM-44184"], True),
        ("saint-nazaire d'aude", ["COM-11360"], True),
        ("angers mayenne", ["COM-49007", "DEP-53"], True),
        ("pays de la loire", ["REG-52"], True),
        ("53", ["DEP-53"], True),
        ("52", ["DEP-52"], True),
        ("49007", ["COM-49007"], True),
        ("244900015", ["EPCI-244900015"], True),
        ("ang", ["COM-49007"], False),
        ("nulle part", [], True),
    ],
)
def test_territories(text: str, codes: list[str], is_sure: bool) -> None:
    _, found = asked(text)
    assert [place.name.code for place in found.found] == codes
    assert all(place.is_sure for place in found.found) == is_sure


def test_a_level_that_is_named_decides_between_two_of_one_code() -> None:
    lexicon = Lexicon(levels={"region": ("region", False)})
    found = find_places(read("région 52", lexicon), lexicon, NAMES)
    assert found.found[0].name == REGION
    assert found.found[0].others == (MARNE,)


def test_a_code_with_a_letter_is_read_in_any_case() -> None:
    corse = name("DEP-2A", "corse-du-sud", "departement")
    assert [place.name for place in asked("pauvreté 2a", (corse,))[1].found] == [corse]


def test_namesakes_are_told() -> None:
    _, found = asked("mayenne")
    assert set(found.found[0].others) == {TOWN, CC}


def test_what_a_territory_holds_as_typed_is_never_corrected() -> None:
    """« Tauxigny » begins by letters of « taux »; a village named like a slip stays a village."""
    village = name("COM-1", "pauvrete-sur-mer")
    reading, found = asked("pauvrete-sur-mer", (village,))
    assert reading.corrected == ()
    assert found.found == () or found.found[0].name == village
    nante = name("COM-44109", "santeuil")
    assert asked("santeu", (nante,))[0].corrected == ()


def test_a_slip_in_the_name_of_a_territory() -> None:
    reading, found = asked("pauvreté anegrs", ())
    assert found.left == ("anegrs",)
    mended = respelled(reading, found.left, NAMES)
    assert mended.corrected == (("anegrs", "angers"),)
    assert find_places(mended, LEXICON, NAMES).found[0].name == ANGERS


def test_of_two_names_as_near_the_region_s_is_taken() -> None:
    reading = read("laral", LEXICON)
    near, far = name("COM-1", "laval", near=True), name("COM-2", "larat")
    assert respelled(reading, ("laral",), (far, near)).words == ("laval",)


@pytest.mark.parametrize(
    ("word", "found"),
    [("anegrs", ("angers",)), ("anger", ("angers",)), ("nag", ()), ("xxgers", ()), ("saintnazaire", ("saintnazere",))],
)
def test_how_far_a_slip_goes(word: str, found: tuple[str, ...]) -> None:
    assert nearest(word, ["angers", "nage", "saintnazere"]) == found


def test_a_year_a_level_and_what_is_not_held() -> None:
    reading, _ = asked("pauvreté des communes en 2021 qpv")
    assert (reading.year, reading.level, reading.every) == ("2021", "commune", True)
    assert reading.notes == ("Les QPV ne sont pas chargés.",)
    assert read("pauvreté 1789", LEXICON).year == ""


def test_words_by_which_names_are_fetched() -> None:
    assert looked_for(read("pauvreté dept de la mayenne 53", LEXICON), LEXICON) == ("mayenne",)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    reading, found = asked(text)
    assert len("".join(reading.typed)) <= 3 * MAX_LETTERS
    assert set(found.left) <= set(reading.words)
    assert len(found.found) <= 4


@given(st.permutations(["taux", "pauvrete", "angers", "2021"]), st.sampled_from([str.upper, str.lower, str.title]))
def test_neither_the_order_nor_the_case_changes_the_answer(typed: list[str], case: object) -> None:
    assert callable(case)
    reading, found = asked(case(" ".join(typed)))
    assert (reading.topics, reading.year) == ((("RATE",),), "2021")
    assert [place.name for place in found.found] == [ANGERS]


@given(st.sampled_from(NAMES))
def test_a_territory_answers_to_its_whole_name(one: Name) -> None:
    _, found = asked(one.name)
    answering = (found.found[0].name, *found.found[0].others)
    assert one in answering
    assert words(found.found[0].name.name) == words(one.name) or len(words(one.name)) == 1
