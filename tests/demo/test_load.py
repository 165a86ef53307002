"""The embedded data set, and any other folder of the same shape."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maillage.core.models import AuditEntry, User
from maillage.demo.load import DATA, load
from maillage.governance.models import Body, Kiosk, Workshop
from maillage.indicators.models import Indicator, Observation, StatedFigure
from maillage.indicators.selectors import consistency
from maillage.kernel.errors import InputRefused
from maillage.pacts.models import Axis, Measure, Milestone, Pact, SupportedProject
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.territories.models import Territory

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = datetime(2026, 2, 5, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded folder, to be changed."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def everything() -> dict[str, list[object]]:
    """Every row that the loader may touch, audit and editions apart."""
    models = (Pact, Axis, Measure, Milestone, SupportedProject, Body, Kiosk, Workshop, SourceDocument)
    models += (Indicator, Observation, StatedFigure, Territory)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_the_whole_folder_loads() -> None:
    load(by=None, at=AT)
    assert {pact.code: pact.announced_measures for pact in Pact.objects.all()} == {"STRATEGIE": None, "PACTE": 25}
    assert {pact.code: pact.axis_word for pact in Pact.objects.all()} == {"STRATEGIE": "engagement", "PACTE": "axe"}
    assert SourceDocument.objects.count() == 4
    assert Territory.objects.filter(level="epci").count() == 71
    assert Workshop.objects.count() == Kiosk.objects.count() == 10
    assert SupportedProject.objects.filter(year=2020).count() == 42


def test_a_second_load_reads_nothing_and_changes_nothing() -> None:
    load(by=None, at=AT)
    before, journal, editions = everything(), AuditEntry.objects.count(), SourceEdition.objects.count()
    report = load(by=None, at=LATER)
    assert report.does_nothing
    assert everything() == before
    assert (AuditEntry.objects.count(), SourceEdition.objects.count()) == (journal, editions)


def test_the_same_rows_in_a_new_file_change_nothing(folder: Path) -> None:
    """The checksum differs, so the file is read; the rows do not, so nothing is written."""
    load(by=None, at=AT)
    before = everything()
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    report = load(by=None, at=LATER, directory=folder)
    assert report.steps
    assert report.does_nothing, [step for step in report.steps if step.new or step.changed]
    assert everything() == before


def test_a_changed_row_is_changed_and_told(folder: Path) -> None:
    load(by=None, at=AT)
    edit(folder / "measures.csv", "Prime de reprise d'activité", "Prime de retour à l'activité")
    edit(folder / "observations-bilan-2020.csv", "350610", "350611")
    edit(folder / "bodies.csv", "2 à 3 par an", "3 par an")
    report = load(by=None, at=LATER, directory=folder)
    assert {step.file: step.changed for step in report.steps if step.changed} == {
        "measures.csv": 1,
        "observations-bilan-2020.csv": 1,
        "bodies.csv": 1,
    }
    measure = Measure.objects.get(code="PACTE-2-N1")
    assert measure.title == "Prime de retour à l'activité"
    line = AuditEntry.objects.get(object_type="pacts.measure", object_id=str(measure.pk))
    assert line.changes == {"title": ["Prime de reprise d'activité", "Prime de retour à l'activité"]}
    assert AuditEntry.objects.filter(object_type="indicators.observation", territory_code="DEP-53").count() == 1


def test_what_people_changed_since_stays(aicha: User) -> None:
    load(by=None, at=AT)
    Measure.objects.filter(code="PACTE-2-N1").update(note="Précisée en comité.")
    load(by=None, at=LATER)
    assert Measure.objects.get(code="PACTE-2-N1").note == "Précisée en comité."


def test_a_wrong_row_refuses_the_whole_folder(folder: Path) -> None:
    edit(folder / "projects.csv", "DEP-53", "COM-01001")
    with pytest.raises(InputRefused, match=r"Ligne 3.*COM-01001"):
        load(by=None, at=AT, directory=folder)
    assert not Pact.objects.exists()
    assert not Territory.objects.exists()


def test_every_table_is_optional(folder: Path) -> None:
    for name in ("stated_figures.csv", "printed_tables.csv", "figure_measures.csv", "kiosks.csv", "projects.csv"):
        (folder / name).unlink()
    load(by=None, at=AT, directory=folder)
    assert not StatedFigure.objects.exists()
    assert Measure.objects.count() == 26


def test_another_region_loads_its_own_folder(tmp_path: Path) -> None:
    """Invented documents on real territories of another region: nothing in the loader knows the first one."""
    tables = {
        "territories.csv": "code,name,parent,source,publisher,vintage,licence\n"
        "FRANCE,France,,COG,INSEE,2026,LO\nREG-53,Bretagne,FRANCE,COG,INSEE,2026,LO\n"
        "DEP-29,Finistère,REG-53,COG,INSEE,2026,LO\n",
        "documents.csv": "code,title_fr,publisher,date_printed,note_fr\nBILAN-X,Bilan inventé,Éditeur,2024,\n",
        "pacts.csv": "code,title,short_title,axis_word,starts,period,announced_measures,document,note\n"
        "PACTE,Pacte des solidarités,Pacte,axe,2023,2023/2027,25,BILAN-X,\n",
        "axes.csv": "pact,number,code,title,document\nPACTE,1,PACTE-1,Un axe,BILAN-X\n",
        "stated_figures.csv": "id,label_fr,territory_code,period,value,unit,printed_as,relation,document,locator,note\n"
        "B1,Aides,DEP-29,2023,100,EUR,100 €,,BILAN-X,axe 1,\n"
        "B2,Aides,DEP-29,2024,150,EUR,150 €,,BILAN-X,axe 1,\n"
        "B3,Évolution des aides,DEP-29,2023/2024,80,%,80 %,evolution(B1;B2),BILAN-X,axe 1,\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    load(by=None, at=AT, directory=tmp_path)
    found = {item.figure.code: item.kind for item in consistency.check()}
    assert found["B3"] == "contradicts_components"
    assert StatedFigure.objects.get(code="B3").axis == Axis.objects.get(code="PACTE-1")
