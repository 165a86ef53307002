import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.territory import Level, TerritoryCode, TerritoryInvalid


@pytest.mark.parametrize(
    ("text", "level", "insee"),
    [
        ("FRANCE", Level.FRANCE, ""),
        ("REG-52", Level.REGION, "52"),
        ("REG-01", Level.REGION, "01"),
        ("DEP-44", Level.DEPARTEMENT, "44"),
        ("DEP-2A", Level.DEPARTEMENT, "2A"),
        ("DEP-974", Level.DEPARTEMENT, "974"),
        ("EPCI-244400404", Level.EPCI, "244400404"),
        ("COM-49092", Level.COMMUNE, "49092"),
        ("COM-2B033", Level.COMMUNE, "2B033"),
    ],
)
def test_codes_of_every_level(text: str, level: Level, insee: str) -> None:
    code = TerritoryCode.parse(text)
    assert (code.level, code.insee) == (level, insee)
    assert str(code) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FRANCE-",
        "FRANCE-1",
        "france",
        "REG",
        "REG-",
        "REG-5",
        "REG-523",
        "DEP-20",
        "DEP-96",
        "DEP-00",
        "DEP-2C",
        "EPCI-24440040",
        "COM-4909",
        "COM-2C001",
        "reg-52",
        "REG-52 ",
        "DEP-４４",
        "VILLE-1",
        "REG-52\n",
    ],
)
def test_what_is_not_a_code_is_refused_in_french(text: str) -> None:
    with pytest.raises(TerritoryInvalid, match="Code de territoire"):
        TerritoryCode.parse(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert str(TerritoryCode.parse(text)) == text
    except TerritoryInvalid as refusal:
        message = refusal.message_fr
    else:
        return
    assert len(message) < 200


def test_departement_of_a_commune() -> None:
    assert TerritoryCode.parse("COM-49092").departement == "49"
    assert TerritoryCode.parse("COM-97411").departement == "974"
    assert TerritoryCode.parse("COM-2A004").departement == "2A"
    assert TerritoryCode.parse("DEP-85").departement == "85"
    assert TerritoryCode.parse("REG-52").departement is None


def test_wider_territories_come_first() -> None:
    codes = [TerritoryCode.parse(text) for text in ("COM-44109", "DEP-49", "REG-52", "DEP-44", "FRANCE")]
    assert [str(code) for code in sorted(codes)] == ["FRANCE", "REG-52", "DEP-44", "DEP-49", "COM-44109"]


def test_levels_have_french_labels() -> None:
    assert [level.label_fr for level in Level] == ["France", "région", "département", "EPCI", "commune", "IRIS"]
