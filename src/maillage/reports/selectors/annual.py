"""Reads the facts of one year on one territory, through the same selectors as the pages: computed once, said twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, QuerySet

from maillage.governance.models import Body
from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import consistency, credits, people, values
from maillage.indicators.selectors.collected import collected
from maillage.kernel.period import Period, PeriodInvalid
from maillage.kernel.rate import Rate
from maillage.pacts.models import Axis, Milestone, Pact
from maillage.pacts.selectors import projects as supported_projects
from maillage.reports.content.data import (
    COMPUTED,
    AnnualData,
    Assertion,
    AxisFacts,
    BodyFacts,
    CollectedLine,
    CoverLine,
    CreditLine,
    DocumentFacts,
    EditionFacts,
    Finding,
    MapFacts,
    MethodFacts,
    MilestoneFacts,
    PactFacts,
    ProjectFacts,
    Source,
    Value,
    Waived,
)
from maillage.reports.models import AnnualReport, NarrativeVersion
from maillage.reports.selectors.maps import poverty_map
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.territories.models import Territory

# A span longer than this says little of one of its years, unless it ends with it.
MAX_SPAN_DAYS = 3 * 366
COVER_RATE, COVER_HOLDERS, COVER_PROTECTED = "CSS-RATE", "CSS-BENEFICIARIES", "CSS-PROTECTED"


def annual_data(report: AnnualReport, *, on: date, draft: bool | None = None) -> AnnualData:
    """Everything the report says, as it is known now. `draft` None follows the report's own state."""
    reader = _Reader(report)
    return reader.read(on=on, draft=report.status == "draft" if draft is None else draft)


def narrative_in_force(report: AnnualReport) -> dict[str, NarrativeVersion]:
    """The latest version of each written part."""
    found: dict[str, NarrativeVersion] = {}
    for version in report.narratives.select_related("by").order_by("section", "-number"):
        found.setdefault(version.section, version)
    return found


class _Reader:
    """Holds what several parts share while one report is read."""

    def __init__(self, report: AnnualReport) -> None:
        self.report, self.year, self.region, self.pact = report, report.year, report.territory, report.pact
        self.period = Period.of_year(report.year)
        self.cover_days = [f"{self.year}-01-01", f"{self.year}-12-31", f"{self.year + 1}-01-01"]
        self.documents = {document.code: document for document in SourceDocument.objects.order_by("code")}

    def read(self, *, on: date, draft: bool) -> AnnualData:
        checked = consistency.check()
        assertions = self.assertions(checked)
        lines, total, printed = self.credit_lines(checked)
        rates = self.rates()
        data = AnnualData(
            territory_code=self.region.code,
            territory=self.region.name,
            year=self.year,
            edited_on=on,
            pact=_pact(self.pact) if self.pact else None,
            instance_name=settings.MAILLAGE_NAME,
            demonstration=settings.MAILLAGE_DEMONSTRATION,
            draft=draft,
            by_territory=self.report.grouping == "territory",
            axes=tuple(AxisFacts(axis.code, axis.number, axis.title) for axis in self.axes()),
            credits=lines,
            credits_total=total,
            credits_printed_total=printed,
            assertions=assertions,
            covers=self.covers(checked),
            collected=self.collected(),
            rates=rates,
            projects=self.projects(),
            bodies=self.bodies(),
            milestones=self.milestones(),
            narrative={section: version.body for section, version in narrative_in_force(self.report).items()},
            maps=self.maps(),
        )
        return self.with_sources(data)

    # --- figures ---------------------------------------------------------------------------------------------------

    def value(self, key: str, label: str, territory: Territory, found: values.Value, **changes: object) -> Value:
        """A value of the selectors, named so that a citation of it can be found again later."""
        made = Value(
            key=key,
            label=label,
            territory_code=territory.code,
            period=found.period,
            value=found.amount,
            unit="EUR" if found.unit.startswith("EUR/") else found.unit,
            status=str(found.status),
            sources=tuple(self.source(source) for source in found.sources),
            low=found.low,
            high=found.high,
            perimeter=found.perimeter,
        )
        return replace(made, **changes) if changes else made  # type: ignore[arg-type]  # fields of Value, given by name

    def source(self, source: values.Source) -> Source:
        document = self.documents.get(source.document)
        if document is None:
            return Source(source.label, source.locator)
        return self.document_source(document, source.locator)

    @staticmethod
    def document_source(document: SourceDocument, locator: str = "") -> Source:
        return Source(document.title, locator, document.publisher, document.code)

    def credit_lines(
        self, checked: Sequence[consistency.Checked]
    ) -> tuple[tuple[CreditLine, ...], CreditLine | None, CreditLine | None]:
        table = credits.credits_by_contract(self.region)
        year, before = str(self.year), str(self.year - 1)
        if year not in table.years:
            return (), None, None
        territories = [row.territory for row in table.rows]
        population = people.populations([*territories, self.region], near=year)
        poor = people.poor_persons([*territories, self.region])
        printed = self.printed_evolutions(checked)
        lines = tuple(
            self.credit_line(
                row.territory,
                row.territory.name,
                row.by_year.get(before),
                row.by_year.get(year),
                population[row.territory.code],
                poor[row.territory.code],
                printed=printed.get(row.territory.code),
            )
            for row in table.rows
        )
        own = (population[self.region.code], poor[self.region.code])
        totals, stated = table.totals, table.printed_totals
        total = self.credit_line(
            self.region,
            "Total des contrats",
            totals.get(before),
            totals.get(year),
            *own,
            prefix="credits-total",
            is_sum=True,
        )
        if year not in stated:
            return lines, total, None
        name = "Total imprimé dans le document"
        whole = self.credit_line(
            self.region,
            name,
            stated.get(before),
            stated[year],
            *own,
            printed=printed.get(self.region.code),
            prefix="credits-printed",
        )
        return lines, total, whole

    def credit_line(
        self,
        territory: Territory,
        name: str,
        before: values.Value | None,
        after: values.Value | None,
        population: values.Value,
        poor: values.Value,
        *,
        printed: Assertion | None = None,
        prefix: str = "credits",
        is_sum: bool = False,
    ) -> CreditLine:
        label = f"Crédits de la contractualisation, {name.lower() if is_sum else name}"
        key = f"{prefix}|{territory.code}"
        evolution = credits.evolution(before, after)
        changes = {"status": COMPUTED, "formula": "Somme des contrats"} if is_sum else {}
        after_value = self.value(f"{key}|{self.year}", label, territory, after, **changes) if after else None
        return CreditLine(
            territory.code,
            name,
            self.value(f"{key}|{self.year - 1}", label, territory, before, **changes) if before else None,
            after_value,
            self.evolution(f"{key}|evolution", name, after_value, evolution),
            printed,
            self.value(f"population|{territory.code}", f"Population, {territory.name}", territory, population),
            self.value(
                f"poor|{territory.code}",
                f"Personnes sous le seuil de pauvreté, {territory.name}",
                territory,
                poor,
                formula=poor.note,
            ),
            self.per_person(f"{key}|per-head", f"Crédits par habitant, {name}", territory, after, population),
            self.per_person(f"{key}|per-poor", f"Crédits par personne pauvre, {name}", territory, after, poor),
            "" if evolution.comparable or evolution.percent is None else evolution.warning,
        )

    def evolution(self, key: str, name: str, after: Value | None, found: credits.Evolution) -> Value | None:
        if found.percent is None or after is None:
            return None
        return replace(
            after,
            key=key,
            label=f"Évolution des crédits, {name}",
            period=f"{self.year - 1}/{self.year}",
            value=found.percent.quantize(Decimal("0.01")),
            unit="%",
            status=COMPUTED,
            low=None,
            high=None,
            perimeter="",
            formula=f"Évolution de {self.year - 1} à {self.year} recalculée sur les montants",
        )

    def per_person(
        self, key: str, label: str, territory: Territory, amount: values.Value | None, persons: values.Value
    ) -> Value | None:
        """Euros a head, by the engine that the pages use; None where it cannot be said."""
        ratio = credits.per_person(amount, persons) if amount is not None else None
        if amount is None or ratio is None or ratio.amount is None:
            return None
        cent = Decimal("0.01")
        return replace(
            self.value(key, label, territory, amount),
            value=ratio.amount.quantize(cent),
            status="estimated" if ratio.is_estimate else COMPUTED,
            low=ratio.low.quantize(cent) if ratio.low is not None else None,
            high=ratio.high.quantize(cent) if ratio.high is not None else None,
            perimeter="",
            sources=tuple(self.source(source) for source in (*amount.sources, *persons.sources)),
            formula=f"Crédits {amount.period} divisés par les personnes de {persons.period}",
        )

    def printed_evolutions(self, checked: Sequence[consistency.Checked]) -> dict[str, Assertion]:
        """The evolution that a document prints beside each amount of its table of credits."""
        span = Period.parse(f"{self.year - 1}/{self.year}")
        return {
            item.figure.territory.code: _assertion(item)
            for item in checked
            if item.figure.table
            and item.figure.unit == "%"
            and _period(item.figure.period) == span
            and (item.figure.indicator is None or item.figure.indicator.code == Known.CREDITS)
        }

    def assertions(self, checked: Sequence[consistency.Checked]) -> tuple[Assertion, ...]:
        """What documents assert of this territory, of what it holds and of the country, about the year or the last."""
        found = []
        for item in checked:
            period = _period(item.figure.period)
            if period is None or not self.concerns(item.figure.territory):
                continue
            if _speaks_of(period, self.period) or self.is_cover_rate(item):
                found.append(_assertion(item))
            elif period == Period.of_year(self.year - 1):
                found.append(replace(_assertion(item), earlier=True))
        return tuple(found)

    def is_cover_rate(self, item: consistency.Checked) -> bool:
        """A printed rate of the health cover at the end of the year: its table shows the verdict, so must the list."""
        indicator = item.figure.indicator
        return indicator is not None and indicator.code == COVER_RATE and item.figure.period in self.cover_days

    def concerns(self, territory: Territory) -> bool:
        current: Territory | None = territory
        while current is not None:
            if current.pk == self.region.pk:
                return True
            current = current.parent
        return territory.pk == self.region.parent_id

    def covers(self, checked: Sequence[consistency.Checked]) -> tuple[CoverLine, ...]:
        """Complementary health cover, the latest date first: those of the year's first and last days."""
        codes = [COVER_RATE, COVER_HOLDERS, COVER_PROTECTED]
        rows: dict[tuple[str, str], dict[str, Observation]] = {}
        for one in self.inside(codes).filter(period__in=self.cover_days):
            rows.setdefault((one.period, one.territory.name), {})[one.indicator.code] = one
        printed = {
            (item.figure.territory.code, item.figure.period): _assertion(item)
            for item in checked
            if item.figure.table and item.figure.indicator and item.figure.indicator.code == COVER_RATE
        }
        ordered = sorted(rows.items(), key=lambda item: (-int(item[0][0].replace("-", "")), item[0][1]))
        return tuple(self.cover_line(name, period, found, printed) for (period, name), found in ordered)

    def cover_line(
        self, name: str, period: str, found: Mapping[str, Observation], printed: Mapping[tuple[str, str], Assertion]
    ) -> CoverLine:
        named = {code: self.observation(one) for code, one in found.items()}
        holders, protected = named.get(COVER_HOLDERS), named.get(COVER_PROTECTED)
        code = next(iter(found.values())).territory.code
        return CoverLine(
            name,
            period,
            protected,
            holders,
            named.get(COVER_RATE),
            printed.get((code, period)),
            _share(holders, protected, name),
        )

    def observation(self, one: Observation) -> Value:
        label = f"{one.indicator.label}, {one.territory.name}"
        key = f"{one.indicator.code}|{one.territory.code}|{one.period}"
        return self.value(key, label, one.territory, values.of_observation(one))

    def collected(self) -> tuple[CollectedLine, ...]:
        """What partners gave for the year, once consolidated."""
        return tuple(
            CollectedLine(one.indicator.label, one.territory.name, one.edition.publisher, self.observation(one))
            for one in collected(self.region).filter(edition__vintage=str(self.year))
            if one.edition is not None
        )

    def rates(self) -> tuple[Value, ...]:
        """Poverty rates of the year, of the territory and of its départements; the nearest year where it has none."""
        nearest: dict[str, Observation] = {}
        for one in self.inside([Known.POVERTY_RATE]).filter(territory__level__in=["region", "departement"]):
            held = nearest.get(one.territory.code)
            if held is None or _distance(one, self.period) < _distance(held, self.period):
                nearest[one.territory.code] = one
        return tuple(self.observation(one) for one in nearest.values())

    def inside(self, codes: Iterable[str]) -> QuerySet[Observation]:
        own = Q(territory=self.region) | Q(territory__parent=self.region) | Q(territory__parent__parent=self.region)
        return (
            Observation.objects.filter(own, indicator__code__in=list(codes), axis__isnull=True)
            .with_sources()
            .select_related("territory")
            .order_by("indicator__code", "territory__code", "period", "pk")
        )

    # --- pact, projects, governance --------------------------------------------------------------------------------

    def axes(self) -> list[Axis]:
        return list(self.pact.axes.order_by("number")) if self.pact else []

    def projects(self) -> tuple[ProjectFacts, ...]:
        found = supported_projects(inside=self.region, year=self.year).filter(axis__pact=self.pact)
        return tuple(
            ProjectFacts(
                project.axis.code,
                project.territory.code,
                project.territory.name,
                project.organisation,
                project.partners,
                project.subject,
                self.document_source(project.document, f"projets soutenus en {self.year}"),
            )
            for project in found.order_by("axis__number", "position", "pk")
        )

    def bodies(self) -> tuple[BodyFacts, ...]:
        found = Body.objects.filter(pact=self.pact).select_related("document").order_by("position", "pk")
        return tuple(
            BodyFacts(
                body.kind,
                body.title,
                body.period,
                body.role,
                body.periodicity,
                self.document_source(body.document) if body.document else None,
            )
            for body in found
            if _in_force(body.period, self.period)
        )

    def milestones(self) -> tuple[MilestoneFacts, ...]:
        found = Milestone.objects.filter(starts_on__lte=self.period.end, ends_on__gte=self.period.start)
        return tuple(
            MilestoneFacts(
                one.period, one.title, one.scope, self.document_source(one.document) if one.document else None
            )
            for one in found.select_related("document").order_by("starts_on", "ends_on", "pk")
        )

    # --- maps and sources ------------------------------------------------------------------------------------------

    def maps(self) -> tuple[MapFacts, ...]:
        drawn = poverty_map(self.region, self.year)
        return (drawn,) if drawn else ()

    def with_sources(self, data: AnnualData) -> AnnualData:
        """Add the documents and editions that the facts come from, and the method of the indicators they use."""
        codes = {source.code for source in _sources_of(data) if source.code}
        documents = tuple(
            DocumentFacts(document.code, document.title, document.publisher, document.printed_on)
            for document in self.documents.values()
            if document.code in codes
        )
        editions = tuple(
            EditionFacts(
                edition.title,
                edition.publisher,
                edition.vintage,
                edition.origin,
                edition.sha256,
                edition.loaded_at.date(),
            )
            for edition in SourceEdition.objects.filter(is_current=True).order_by("title", "pk")
        )
        used = [Known.CREDITS, Known.POVERTY_RATE, Known.POOR_PERSONS, COVER_RATE]
        methods = tuple(
            MethodFacts(indicator.label, indicator.producer, indicator.method, indicator.limits)
            for indicator in Indicator.objects.filter(code__in=used).order_by("label")
            if indicator.method or indicator.limits
        )
        return replace(data, documents=documents, editions=editions, methods=methods if not data.is_empty else ())


def _pact(pact: Pact) -> PactFacts:
    return PactFacts(pact.code, pact.title, pact.short_title, pact.axis_word, pact.period)


def _assertion(item: consistency.Checked) -> Assertion:
    figure = item.figure
    waiver = item.waiver
    return Assertion(
        code=figure.code,
        label=figure.label,
        territory_code=figure.territory.code,
        territory=figure.territory.name,
        period=figure.period,
        printed_as=figure.printed_as,
        value=figure.value,
        unit=figure.unit,
        source=_Reader.document_source(figure.document, figure.locator),
        axis_code=figure.axis.code if figure.axis else "",
        perimeter=figure.perimeter,
        in_table=bool(figure.table),
        finding=_finding(item),
        waiver=Waived(waiver.reason, str(waiver.by), waiver.at.date()) if waiver else None,
    )


def _finding(item: consistency.Checked) -> Finding:
    label = item.kind_label
    related = tuple(f"{figure.code} ({figure.document.code})" for figure in item.related)
    return Finding(item.kind, label[:1].upper() + label[1:], item.verdict.reason, item.recomputed, related)


def _share(holders: Value | None, protected: Value | None, name: str) -> Value | None:
    if holders is None or protected is None or holders.value is None or not protected.value:
        return None
    rate = Rate.of(holders.value, protected.value)
    if rate is None:
        return None
    return replace(
        holders,
        key=f"cover-rate|{holders.territory_code}|{holders.period}",
        label=f"Taux de couverture recalculé, {name}",
        value=rate.percent.quantize(Decimal("0.0001")),
        unit="%",
        status=COMPUTED,
        perimeter="",
        formula="Bénéficiaires divisés par la population protégée du même tableau",
    )


def _period(text: str) -> Period | None:
    try:
        return Period.parse(text) if text else None
    except PeriodInvalid:
        return None


def _speaks_of(period: Period, year: Period) -> bool:
    if not period.overlaps(year):
        return False
    return period.days <= MAX_SPAN_DAYS or (year.start <= period.end <= year.end)


def _in_force(text: str, year: Period) -> bool:
    """Whether an open (« 2019/ ») or closed period holds a day of the year."""
    start = _period(text.rstrip("/"))
    if start is None:
        return False
    return start.start <= year.end if text.endswith("/") else start.overlaps(year)


def _distance(observation: Observation, year: Period) -> int:
    period = _period(observation.period)
    return period.distance_days(year) if period else 10**6


def _sources_of(data: AnnualData) -> list[Source]:
    found = [assertion.source for assertion in data.assertions] + [project.source for project in data.projects]
    found += [body.source for body in data.bodies if body.source]
    found += [milestone.source for milestone in data.milestones if milestone.source]
    for line in data.credits:
        found += [source for value in (line.before, line.after) if value for source in value.sources]
    return found
