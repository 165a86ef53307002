"""An invented year on an invented territory, for tests that need no database. Every amount is a parameter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from maillage.kernel.rate import Rate
from maillage.reports.content.data import (
    COMPUTED,
    AnnualData,
    Assertion,
    AxisFacts,
    BodyFacts,
    CoverLine,
    CreditLine,
    DocumentFacts,
    EditionFacts,
    Finding,
    MethodFacts,
    MilestoneFacts,
    PactFacts,
    ProjectFacts,
    Source,
    Value,
    Waived,
)

REGION = "REG-99"
BOOK = Source("Bilan inventé", "tableau des crédits", "Préfecture inventée", "INVENTE")
CENSUS = Source("Populations inventées", "édition 2021", "Institut inventé")


def value(
    key: str, label: str, number: str | None, *, unit: str = "EUR", code: str = REGION, **fields: object
) -> Value:
    known = None if number is None else Decimal(number)
    defaults: dict[str, object] = {
        "period": "2020",
        "status": "published" if number else "unavailable",
        "sources": (BOOK,),
    }
    return Value(key, label, code, value=known, unit=unit, **(defaults | fields))  # type: ignore[arg-type]  # a test's shorthand


def assertion(code: str, label: str, printed_as: str, **fields: object) -> Assertion:
    defaults: dict[str, object] = {
        "territory_code": REGION,
        "territory": "Région inventée",
        "period": "2020",
        "value": None,
        "unit": "",
        "source": Source("Bilan inventé", "édito", "Préfecture inventée", "INVENTE"),
        "finding": Finding("unverifiable", "Non vérifiable", "Rien ne permet de le recalculer."),
    }
    return Assertion(code, label, printed_as=printed_as, **(defaults | fields))  # type: ignore[arg-type]  # a test's shorthand


def credit_line(
    code: str, name: str, before: str | None, after: str | None, printed: Assertion | None = None
) -> CreditLine:
    label = f"Crédits de la contractualisation, {name}"

    def computed(key: str, number: Decimal | None, unit: str) -> Value | None:
        if number is None:
            return None
        return value(f"{key}|{code}", f"{key}, {name}", str(number), unit=unit, code=code, status=COMPUTED, formula=key)

    rate = Rate.evolution(Decimal(before), Decimal(after)) if before and after else None
    return CreditLine(
        code,
        name,
        value(f"credits|{code}|2019", label, before, code=code, period="2019", perimeter="contractualisation"),
        value(f"credits|{code}|2020", label, after, code=code, perimeter="contractualisation, fonds d'appui compris"),
        computed("Évolution recalculée", rate.percent.quantize(Decimal("0.01")) if rate else None, "%"),
        printed,
        value(f"population|{code}", f"Population, {name}", "250000", unit="persons", code=code, sources=(CENSUS,)),
        value(
            f"poor|{code}",
            f"Personnes sous le seuil de pauvreté, {name}",
            "25000",
            unit="persons",
            code=code,
            status="estimated",
            low=Decimal(24875),
            high=Decimal(25125),
            sources=(CENSUS,),
        ),
        computed("Crédits par habitant", Decimal(after) / 250000 if after else None, "EUR"),
        warning="Périmètres différents : 2019, contractualisation ; 2020, fonds d'appui compris.",
    )


def evolution(code: str, name: str, printed_as: str, finding: Finding) -> Assertion:
    return assertion(
        f"T-{code}",
        f"Évolution des crédits, {name}",
        printed_as,
        territory_code=code,
        territory=name,
        period="2019/2020",
        unit="%",
        in_table=True,
        finding=finding,
        source=BOOK,
    )


def cover_line(name: str, period: str, right: str) -> CoverLine:
    fund = f"régime général, {name}"
    return CoverLine(
        name,
        period,
        value(f"p|{name}|{period}", "Protégés", "1442762", unit="persons", period=period, perimeter=fund),
        value(f"b|{name}|{period}", "Droits", "109461", unit="persons", period=period, perimeter=f"{fund}, {right}"),
        value(f"r|{name}|{period}", "Taux imprimé", "7.6", unit="%", period=period, status="rounded"),
        assertion(f"R-{name}-{period}", "Taux imprimé", "7.60%", unit="%", period=period, in_table=True, finding=HOLDS),
        value(f"c|{name}|{period}", "Taux recalculé", "7.587", unit="%", period=period, status=COMPUTED, formula="b/p"),
    )


HOLDS = Finding("holds_rounded", "Confirmé, à l'arrondi près")
WRONG = Finding(
    "contradicts_components",
    "Contredit par ses composantes",
    "Les deux montants cités donnent une autre évolution.",
    Decimal("72.9"),
)
TRUNCATED = Finding("truncated", "Tronqué au lieu d'être arrondi", "", Decimal("98.86"))


def invented(north: str = "1516843", hostile: str = "", **fields: object) -> AnnualData:
    """Two contracts, five axes, projects, health cover; `north` is the amount of the first contract in 2020."""
    axes = tuple(
        AxisFacts(f"A-{number}", number, title)
        for number, title in enumerate(
            (
                "Agir dès l'enfance ; ne laisser personne de côté",
                "Garantir les droits",
                "Former les jeunes",
                "Ouvrir l'accès aux droits",
                "Accompagner vers l'emploi",
            ),
            start=1,
        )
    )
    projects = tuple(
        ProjectFacts(
            f"A-{1 + index % 5}",
            code,
            name,
            f"Association {index} {hostile}".strip(),
            "Ville inventée" if index % 4 == 0 else "",
            "Accueil de jour et permanence « ouverte »",
            Source("Bilan inventé", "projets soutenus", "Préfecture inventée", "INVENTE"),
        )
        for index, (code, name) in enumerate([("DEP-97", "Nord"), ("DEP-98", "Sud"), (REGION, "Région inventée")] * 8)
    )
    defaults: dict[str, object] = {
        "pact": PactFacts("STRAT", "Stratégie inventée contre la pauvreté", "Stratégie", "engagement", "2018/2022"),
        "instance_name": "Maillage",
        "axes": axes,
        "credits": (
            credit_line("DEP-97", "Nord", "1000000", north, evolution("DEP-97", "Nord", "51 %", TRUNCATED)),
            credit_line("DEP-98", "Sud", "500000", "424495", evolution("DEP-98", "Sud", "-15 %", HOLDS)),
        ),
        "credits_total": credit_line(REGION, "Total des contrats", "1500000", str(Decimal(north) + 424495)),
        "assertions": (
            assertion("X1", "Crédits de l'État", "8 058 447 €", value=Decimal(8058447), unit="EUR"),
            assertion("X2", "Évolution des crédits de l'État", "89 %", unit="%", period="2019/2020", finding=WRONG),
            assertion("X3", "Structures d'animation de la vie sociale", "279", axis_code="A-1"),
            assertion(
                "X4", "Structures d'animation de la vie sociale", "216", axis_code="A-1", period="2019", earlier=True
            ),
            assertion("X5", f"Places créées {hostile}".strip(), "431", axis_code="A-1", finding=HOLDS),
            assertion(
                "X6",
                "Jeunes accompagnés",
                "7 400 000 M€",
                axis_code="A-3",
                finding=Finding("implausible", "Ordre de grandeur invraisemblable", "Plus que le budget du pays."),
                waiver=Waived("Faute d'impression reconnue", "Aïcha Benali", date(2026, 11, 20)),
            ),
            evolution("DEP-97", "Nord", "51 %", TRUNCATED),
        ),
        "covers": tuple(
            cover_line(name, period, right)
            for period, right in (("2021-01-01", "CSS"), ("2020-01-01", "CMU-C et ACS"))
            for name in ("Nord", "Sud")
        ),
        "rates": (
            value("rate|REG-99", "Taux de pauvreté", "10.5", unit="%", sources=(CENSUS,)),
            value("rate|DEP-97", "Taux de pauvreté", "10", unit="%", code="DEP-97", sources=(CENSUS,)),
        ),
        "projects": projects,
        "bodies": (
            BodyFacts("comité de pilotage", "Comité régional", "2019/2023", "", "", BOOK),
            BodyFacts("groupe de travail", "Accès aux droits", "2019/", "à partir de cas concrets", "", BOOK),
        ),
        "milestones": (MilestoneFacts("2020-02-14", "Rencontre des têtes de réseau", "régional", BOOK),),
        "narrative": {"foreword": f"Une année **difficile** ; *tenue*.\n\n- un\n- deux {hostile}\n\nFin !"},
        "documents": (DocumentFacts("INVENTE", "Bilan inventé", "Préfecture inventée", "2021"),),
        "editions": (
            EditionFacts("Populations inventées", "Institut inventé", "2021", "pop.csv", "ab" * 32, date(2026, 11, 20)),
        ),
        "methods": (MethodFacts("Taux de pauvreté", "Institut inventé", "Revenus fiscaux.", "Ne se moyenne pas."),),
    }
    return AnnualData(REGION, "Région inventée", 2020, date(2026, 11, 20), **(defaults | fields))  # type: ignore[arg-type]  # a test's shorthand


def nothing(year: int = 2031) -> AnnualData:
    """A year of which nothing is known."""
    return AnnualData(REGION, "Région inventée", year, date(2026, 11, 20))
