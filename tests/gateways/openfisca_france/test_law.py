"""Rights, the law with its corrections, its fingerprint, and what is verified."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from fnmatch import fnmatchcase

import pytest

from maillage.gateways.openfisca_france import corrections, freshness, system
from maillage.gateways.openfisca_france.corrections import Confidence, CorrectionRefused, leaf
from maillage.gateways.openfisca_france.facts import Role, Union
from maillage.gateways.openfisca_france.freshness import Weight, flags
from maillage.gateways.openfisca_france.rights import RIGHTS, Entity, RightUnknown, Unit, right
from maillage.gateways.openfisca_france.timeline import MonthRefused
from tests.gateways.openfisca_france.oracle import amount, household, person

CMU = "prestations_sociales.solidarite_insertion.minima_sociaux.cs.cmu.plafond_base"
ENERGY = "prestations_sociales.solidarite_insertion.autre_solidarite.cheque_energie.baremes.une_uc"
RSA = "prestations_sociales.solidarite_insertion.minima_sociaux.rsa.rsa_m.montant_de_base_du_rsa"
ASI = "prestations_sociales.prestations_etat_de_sante.invalidite.asi.plafond_ressource_seul"


def test_rights_name_variables_that_the_installed_version_has() -> None:
    variables = system.system().variables
    for one in RIGHTS:
        for name in one.variables:
            assert variables[name].entity.key == one.entity, name
            assert (str(variables[name].definition_period) == "year") == one.yearly, name
    assert len({one.code for one in RIGHTS}) == len(RIGHTS)
    assert sum(len(one.variables) for one in RIGHTS) == 15


def test_supplementary_health_cover_is_read_from_two_variables() -> None:
    css = right("css")
    assert css.outputs("2026-01") == ("cmu_c@2026-01", "css_participation_forfaitaire@2026-01")
    assert (css.unit, css.entity) == (Unit.OPEN, Entity.FAMILY)
    assert right("ars").outputs("2026-01") == ("ars@2026",)


def test_an_unknown_right_is_refused() -> None:
    with pytest.raises(RightUnknown, match="n'est pas connu"):
        right("rmi")


def test_importing_the_package_loads_no_openfisca() -> None:
    code = (
        "import sys, maillage.gateways.openfisca_france.household, maillage.gateways.openfisca_france.freshness;"
        "assert not [name for name in sys.modules if name.startswith('openfisca_')], 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _ceilings(size: int) -> tuple[float, float]:
    """Ceilings, free and with participation, of a household of `size` persons in June 2025."""
    partner = [person(role=Role.PARTNER)] if size > 1 else []
    children = [person(8, role=Role.CHILD) for _ in range(size - 2)]
    members = household(person(), *partner, *children, union=Union.MARRIED if partner else Union.SINGLE)
    return amount(members, "cmu_c_plafond", month="2025-06"), amount(members, "acs_plafond", month="2025-06")


@pytest.mark.parametrize(
    ("size", "free", "with_participation"),
    [
        (1, 10339, 13957),
        (2, 15508, 20936),
        (3, 18609, 25123),
        (4, 21711, 29311),
        (5, 25846, 34894),
        (6, 29981, 40477),
        (9, 42386, 57226),
    ],
)
def test_ceilings_of_the_health_cover_are_those_published(size: int, free: int, with_participation: int) -> None:
    found_free, found_paid = _ceilings(size)
    assert found_free == free
    # The formula multiplies the rounded free ceiling, the order rounds by itself: within 1.50 € a year, 5 € beyond 8.
    assert found_paid == pytest.approx(with_participation, abs=1.5 if size < 5 else 6)


def test_a_correction_holds_from_its_date_and_leaves_the_past_and_later_values() -> None:
    ceiling = leaf(system.system().parameters, CMU)
    assert ceiling("2025-03-31") == 10166
    assert ceiling("2025-04-01") == 10338.55
    base = leaf(system.system().parameters, RSA)
    assert base("2026-04-01") == 651.69
    assert base("2025-04-01") == 646.52


def test_what_is_to_verify_changes_no_amount() -> None:
    threshold = leaf(system.system().parameters, f"{ENERGY}[4].threshold")
    assert threshold("2026-01-01") == 10800
    unsure = [one for one in corrections.corrections() if not one.is_applied]
    assert {one.confidence for one in unsure} == {Confidence.TO_VERIFY, Confidence.UNKNOWN}
    assert all(one.note_fr for one in unsure)


def test_every_correction_has_its_source_and_its_place() -> None:
    for one in corrections.corrections():
        assert leaf(system.system().parameters, one.parameter) is not None
        assert one.reference or one.confidence is Confidence.UNKNOWN


def test_a_correction_of_a_parameter_that_is_gone_is_refused() -> None:
    with pytest.raises(CorrectionRefused, match="n'existe pas"):
        leaf(system.system().parameters, "prestations_sociales.nowhere[3].amount")


def test_the_fingerprint_is_one_sha256_and_moves_with_the_corrections(monkeypatch: pytest.MonkeyPatch) -> None:
    first = system.fingerprint()
    assert len(first) == 64
    assert system.fingerprint() == first
    monkeypatch.setattr(system, "_OWN_FILES", ("freshness.csv",))
    system.fingerprint.cache_clear()
    try:
        assert system.fingerprint() != first
    finally:
        monkeypatch.undo()
        system.fingerprint.cache_clear()
    assert system.fingerprint() == first


def test_the_health_cover_is_verified_until_march_2026_and_not_after() -> None:
    assert not [flag for flag in flags("css", [CMU], "2026-03") if flag.weight is Weight.TO_VERIFY]
    after = flags("css", [CMU], "2026-04")
    assert {flag.weight for flag in after} == {Weight.TO_VERIFY}
    assert any("1er avril 2026 n'est pas connu" in flag.reason_fr for flag in after)


def test_a_parameter_last_verified_before_its_revaluation_doubts_its_right_and_notes_the_others() -> None:
    (flag,) = flags("asi", [ASI], "2026-07")
    assert flag.weight is Weight.TO_VERIFY
    assert "vérifié pour la dernière fois le 5 juillet 2023" in flag.reason_fr
    assert flag.verified_on == date(2023, 7, 5)
    (met,) = flags("rsa", [ASI], "2026-07")
    assert met.weight is Weight.NOTE
    assert flags("asi", [ASI], "2024-06") == ()  # replaced since: history is settled


def test_a_value_revalued_on_time_is_not_flagged() -> None:
    assert flags("rsa", [RSA], "2026-11") == ()
    (late,) = flags("rsa", [RSA], "2027-04")
    assert late.weight is Weight.TO_VERIFY


def test_the_energy_cheque_is_to_verify_by_the_name_of_its_scale() -> None:
    told = flags("cheque_energie", [ENERGY], "2026-01")
    assert any(flag.weight is Weight.TO_VERIFY and "11 000" in flag.reason_fr for flag in told)
    every_scale = [ENERGY, f"{ENERGY}_a_deux_uc", ENERGY.replace("une_uc", "plus_de_deux_ucs")]
    reasons = [flag.reason_fr for flag in flags("cheque_energie", every_scale, "2026-01")]
    assert len(reasons) == len(set(reasons))
    assert not [flag for flag in flags("cheque_energie", [ENERGY], "2021-06") if flag.weight is Weight.TO_VERIFY]


def test_names_that_are_not_parameters_are_passed_over() -> None:
    assert flags("rsa", ["cotisations_salarie_after_preprocessing._name", "nowhere.at.all"], "2026-01") == ()


def test_no_month_since_2020_raises_and_others_are_refused_in_french() -> None:
    for month in ("2020-01", "2023-06", "2027-12"):
        flags("rsa", [RSA, CMU, ASI, ENERGY], month)
    for month in ("2019-12", "2028-01", "2026-13", "2026", "janvier"):
        with pytest.raises(MonthRefused, match="mois"):
            flags("rsa", [RSA], month)


def test_the_months_of_revaluation_are_those_of_the_values_installed() -> None:
    """The rule says when the law moves a parameter: the values of the last years must say the same."""
    for name, month in ((CMU, "04"), (RSA, "04"), (ASI, "04")):
        starts = {value.instant_str[5:7] for value in leaf(system.system().parameters, name).values_list[:1]}
        assert starts == {month}
    assert freshness.condition_fr("contrat_engagement_jeune")


def test_every_pattern_of_the_rule_names_a_parameter_that_exists() -> None:
    names = [name for name, _ in freshness._below("", system.system().parameters)]
    for policy in freshness._policies():
        assert any(fnmatchcase(name.removeprefix("."), policy.pattern) for name in names), policy.pattern
