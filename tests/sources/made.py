"""Small official files of the kinds that `tests.territories.invented` does not make, in the producers' own formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

POINTS_HEADINGS = (
    "id_fs", "insee_dep", "lib_fs", "adresse", "complement_adresse", "insee_com", "code_postal", "lib_com",
    "latitude", "longitude", "mail", "telephone", "h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi",
    "h_samedi", "prise_rdv", "commentaire", "type_fs", "format_fs", "groupe_fs", "labellisation_fs",
)  # fmt: skip
FILOSOFI_HEADINGS = ("CODGEO", "NBMENFISC21", "NBPERSMENFISC21", "MED21", "PIMP21", "TP6021", "D121", "D921", "RD21")


def density(classes: Mapping[str, object]) -> str:
    """The grid as ANCT gives it: one JSON object."""
    return json.dumps(dict(classes))


def density_table(classes: Mapping[str, object]) -> str:
    """The grid as a table with INSEE's headings."""
    return "CODGEO;LIBGEO;DENS7\n" + "".join(f"{code};Évisa;{value}\n" for code, value in classes.items())


def zoning(classes: Mapping[str, str]) -> str:
    """The rural zoning as ANCT gives it: a JSON list of records."""
    records = [
        {"model": "geo.zrr", "pk": number, "fields": {"insee_code": code, "status": value}}
        for number, (code, value) in enumerate(classes.items(), start=2)
    ]
    return json.dumps(records)


def zoning_table(classes: Mapping[str, str]) -> str:
    return "CODGEO,LIBGEO,ZRR_SIMP\n" + "".join(f"{code},Évisa,{value}\n" for code, value in classes.items())


def points(*rows: tuple[str, str, str], **more: str) -> str:
    """The list of France services of 2024: rows (identifier, commune, name), the other columns the same for all."""
    written = io.StringIO()
    writer = csv.DictWriter(written, POINTS_HEADINGS, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    for code, commune, name in rows:
        plain = {
            "id_fs": code, "insee_dep": commune[:2], "lib_fs": name, "adresse": "1 rue de l'Église",
            "insee_com": commune, "code_postal": "20100", "lib_com": "Évisa", "latitude": "42.1", "longitude": "9.1",
            "h_lundi": "9h - 12h", "type_fs": "Principal", "format_fs": "Fixe",
        }  # fmt: skip
        writer.writerow(plain | more)
    return written.getvalue()


def points_2021(*rows: tuple[int, str, str]) -> str:
    """The same list as it was in 2021: a GeoJSON with other headings. Rows (identifier, commune, name)."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "MATRICULE": code, "DEPARTEMENT": commune[:2], "lib_france_services": name, "ADRESSE": "1 rue Haute",
                "COMPLEMENT.D.ADRESSE": "", "insee_com": commune, "code_postal": "20100\u00a0", "lib_com": "EVISA",
                "LATITUDE": 42.1, "LONGITUDE": 9.1, "h_lundi": "9h - 12h", "h_samedi": "-",
                "Commentaire.horaires": "fermé l'été", "ITINERANCE": "Non", "FORMAT_FS": "Espace labellisé",
                "categorie": "FS",
            },
            "geometry": {"type": "Point", "coordinates": [9.1, 42.1]},
        }
        for code, commune, name in rows
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def filosofi(*rows: tuple[str, object, object, object]) -> str:
    """Rows (commune, fiscal persons, median income, poverty rate): as INSEE writes them, « s » and « nd » included."""
    lines = [";".join(FILOSOFI_HEADINGS)]
    lines += [f"{code};100;{persons};{median};50;{rate};11000;35000;3,1" for code, persons, median, rate in rows]
    return "\n".join(lines) + "\n"


def caf_iris(*rows: Sequence[object]) -> str:
    """Rows (IRIS, households of the CAF, of which receive the RSA)."""
    return '"iris_code";"note";"a";"arsas"\n' + "".join(f'"{iris}";"0";{a};{rsa}\n' for iris, a, rsa in rows)
