"""`maillage rights`: rights computed from files, for one household or a whole population, and the law made ready."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from maillage.cli import output
from maillage.kernel.errors import InputRefused
from maillage.kernel.numbers import NBSP, format_number
from maillage.kernel.period import Period

if TYPE_CHECKING:
    from maillage.gateways.openfisca_france.engine import CompiledLaw

TEMPLATES = (".xlsx", ".csv", ".parquet")


def _month(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """The month asked, or the current one. Raises MonthRefused."""
    from maillage.core import clock
    from maillage.gateways.openfisca_france.timeline import Timeline

    return Timeline(value or f"{clock.today():%Y-%m}").month


month_option = click.option(
    "--month", metavar="AAAA-MM", callback=_month, help="Mois dont la loi s'applique (sinon le mois en cours)."
)
file_argument = click.argument(
    "source", metavar="FICHIER", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)


@click.group()
def rights() -> None:
    """Calcule les droits d'un foyer, ou d'une population entière."""


@rights.command("template")
@click.argument("target", metavar="SORTIE", type=click.Path(dir_okay=False, path_type=Path))
@output.json_option
def template(target: Path, *, as_json: bool) -> None:
    """Écrit un fichier vide à remplir (.xlsx, .csv ou .parquet), et dit ce que contient chaque colonne.

    Une ligne par personne ; les lignes d'un foyer se suivent et portent le même « foyer ».
    """
    from maillage.gateways.openfisca_france.population_template import columns

    _write_template(target)
    about = [
        {"column": one.header, "of": one.of, "values": one.values, "empty": one.default, "question": one.question}
        for one in columns()
    ]
    text = "\n".join(
        f"{one['column']} ({one['of']}) : {one['values']}. Vide : {one['empty']}.\n    {one['question']}"
        for one in about
    )
    written = {"path": str(target.resolve()), "columns": about}
    output.emit(written, as_json=as_json, text=f"{text}\n\nModèle écrit : {target}")


def _write_template(target: Path) -> None:
    from maillage.gateways.openfisca_france.population_template import columns, write_empty_parquet
    from maillage.ui.export import Sheet, write_csv, write_xlsx

    kind = target.suffix.lower()
    if kind not in TEMPLATES:
        output.refuse(f"Écrivez un nom qui finit par {', '.join(TEMPLATES)}.")
    if target.exists():
        output.refuse(f"« {target.name} » existe déjà : il n'est pas remplacé.")
    about = [(one.header, f"{one.question} ({one.values}) Vide : {one.default}.") for one in columns()]
    sheet = Sheet("population", "Population à calculer", [one.header for one in columns()], [], about)
    try:
        if kind == ".parquet":
            write_empty_parquet(target)
        else:
            target.write_bytes(write_xlsx(sheet) if kind == ".xlsx" else write_csv(sheet))
    except OSError as error:
        output.refuse(f"« {target} » ne peut pas être écrit : {error.strerror or type(error).__name__}.")


@rights.command("validate")
@file_argument
@month_option
@output.json_option
def validate(source: Path, month: str, *, as_json: bool) -> int:
    """Vérifie un fichier de population, et dit chaque problème par ligne et par colonne. Rien n'est changé.

    La commande sort avec le code 2 si le fichier est refusé.
    """
    from maillage.gateways.openfisca_france import population

    try:
        with _bar("Lecture", quiet=as_json) as advance:
            count = population.validate(source, month, earlier=_earlier(month), progress=advance)
    except InputRefused as refusal:
        return _refused(refusal, as_json)
    found = {"refused": False, "households": count.households, "persons": count.persons}
    output.emit(found, as_json=as_json, text=f"{_counted(count)} : aucun problème.")
    return output.DONE


@rights.command("compute")
@file_argument
@month_option
@click.option(
    "--out",
    "--output",
    "target",
    metavar="SORTIE",
    type=click.Path(path_type=Path),
    help="Résultats, .parquet ou .csv : une ligne par foyer.",
)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processus qui calculent.")
@click.option(
    "--passes",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="2 : le RSA et l'ASI d'avant, quand le fichier n'en dit rien, sont ceux que donne un premier calcul.",
)
@click.option("--dry-run", is_flag=True, help="Tout lire et tout calculer, sans rien écrire.")
@output.json_option
def compute(
    source: Path, month: str, target: Path | None, processes: int, passes: int, *, dry_run: bool, as_json: bool
) -> int:
    """Calcule les droits de chaque foyer d'un fichier (Parquet, CSV ou classeur), quelle que soit sa taille.

    À côté des résultats, un fichier « .a_verifier.json » dit la loi appliquée et ce qui est à vérifier.
    Un fichier refusé ne laisse rien : chaque problème est dit, avec sa ligne et sa colonne.
    """
    from maillage.core import clock
    from maillage.gateways.openfisca_france import population
    from maillage.gateways.openfisca_france.population_results import Results

    if target is None and not dry_run:
        output.refuse("Dites où écrire les résultats (--out), ou essayez sans rien écrire (--dry-run).")
    if target is not None and target.exists() and target.samefile(source):
        output.refuse("Les résultats ne peuvent pas remplacer le fichier lu : donnez un autre nom.")
    started = time.perf_counter()
    results = Results(None if dry_run else target)
    try:
        with _stoppable(), results, _bar("Calcul", quiet=as_json) as advance:
            law = _law().month(month)
            earlier = _earlier(month)
            count = population.compute(
                source, law, results, earlier=earlier, passes=passes, processes=processes, progress=advance
            )
            about = population.about(law, results, count, passes=passes, source=source.name, at=clock.now())
            results.finish(about)
    except InputRefused as refusal:
        return _refused(refusal, as_json)
    told = about | {"secondes": round(time.perf_counter() - started, 2), "sortie": _resolved(results.out)}
    output.emit(told, as_json=as_json, text=lambda: _told(told, results.out, results.sidecar))
    return output.DONE


def _told(about: dict[str, Any], out: Path | None, sidecar: Path | None) -> str:
    month = Period.parse(about["mois"]).label_fr
    count = f"{_number(about['foyers'], 'foyer')} ({_number(about['personnes'], 'personne')})"
    seconds = f"{about['secondes']:.1f}".replace(".", ",")
    lines = [f"{count}, loi de {month}, en {seconds} s.", ""]
    rows = [
        (one["libelle"], one["unite"], format_number(one["foyers"]), "à vérifier" if one["a_verifier"] else "")
        for one in about["droits"]
    ]
    lines += [output.table(("Droit", "Unité", "Foyers", ""), rows, right=(2,)), ""]
    lines += [
        "Rien n'a été écrit." if out is None else f"Résultats : {out}",
        *([f"Loi et réserves : {sidecar}"] * bool(out)),
    ]
    return "\n".join(lines)


@rights.command("household")
@file_argument
@month_option
def household(source: Path, month: str) -> int:
    """Calcule les droits d'un foyer décrit en JSON (voir « maillage rights schema »), et les écrit en JSON."""
    from maillage.gateways.openfisca_france import household_json
    from maillage.gateways.openfisca_france.population import about_law

    try:
        description = household_json.read(source.read_bytes())
        found = household_json.rights_of(description, _law().month(month), earlier=_earlier(month))
    except InputRefused as refusal:
        return _refused(refusal, as_json=True)
    output.emit({"mois": month, "loi": about_law(), "droits": found}, as_json=True, text="")
    return output.DONE


@rights.command("schema")
def schema() -> None:
    """Écrit le schéma (JSON Schema) du foyer que lit « maillage rights household »."""
    from maillage.gateways.openfisca_france import household_json

    output.emit(household_json.schema(), as_json=True, text="")


@rights.command("prepare")
@month_option
@output.json_option
def prepare(month: str, *, as_json: bool) -> None:
    """Compile à l'avance la loi d'un mois, pour que le premier calcul n'attende pas."""
    started = time.perf_counter()
    _law().month(month)
    seconds = round(time.perf_counter() - started, 2)
    label = Period.parse(month).label_fr
    text = f"Loi de {label} : prête en {f'{seconds:.1f}'.replace('.', ',')} s."
    output.emit({"month": month, "seconds": seconds}, as_json=as_json, text=text)


def _law() -> CompiledLaw:
    """The compiled law of the instance: the folder is that of its pages."""
    from django.conf import settings

    from maillage.gateways.openfisca_france.engine import CompiledLaw

    return CompiledLaw(settings.DATA_DIR / "law")


def _earlier(month: str) -> Callable[[str], tuple[str, ...]]:
    """The codes that a commune had before, for one that is newer than the table of zones. Each is looked up once."""
    from datetime import date

    from maillage.core import clock
    from maillage.rights.selectors.communes import codes_before

    days = (date.fromisoformat(f"{month}-01"), clock.today())

    @cache
    def earlier(code: str) -> tuple[str, ...]:
        return next((found for day in days if (found := codes_before(code, day))), ())

    return earlier


def _refused(refusal: InputRefused, as_json: bool) -> int:
    """Every problem, not the first ones only: they are what was asked for."""
    problems = [{"row": one.row, "column": one.column, "message": one.message} for one in refusal.problems]
    lines = [f"Erreur{NBSP}: {refusal.title}", *refusal.lines(len(problems))]
    if as_json:
        output.emit({"refused": True, "title": refusal.title, "problems": problems}, as_json=True, text="")
    else:
        output.say("\n".join(lines))
    return output.REFUSED


def _counted(count: Any) -> str:
    return f"{_number(count.households, 'foyer')}, {_number(count.persons, 'personne')}"


def _number(count: int, word: str) -> str:
    return f"{format_number(count)} {word}{'s' if count > 1 else ''}"


def _resolved(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


@contextmanager
def _bar(label: str, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A progress bar on the error stream, where somebody looks at it; told the share done, from 0 to 1."""
    if quiet or not sys.stderr.isatty():
        yield lambda share: None
        return
    with click.progressbar(length=1000, label=label, file=sys.stderr, show_pos=False) as bar:
        yield lambda share: bar.update(max(0, round(1000 * share) - bar.pos))


@contextmanager
def _stoppable() -> Iterator[None]:
    """A signal that asks to end does as Ctrl-C does: what was being written is dropped."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
