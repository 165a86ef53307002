"""Programs on disk and in other processes: they run the same, and a file from elsewhere executes nothing."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lawgraph import BadProgramFile, Program, StaleProgram
from lawgraph import program as module
from tests.lawgraph.building import Columns, compiled, country, random_batch
from tests.lawgraph.formulas import VARIABLES
from tests.lawgraph.twins import Twins

MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13))
Content = dict[str, Any]


@cache
def _columns() -> Columns:
    return random_batch(30, 5, months=MONTHS)


@cache
def _program() -> Program:
    return compiled(country(*VARIABLES.values()), list(VARIABLES), _columns(), law="the law of a test")


def _same(one: Columns, other: Columns) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert values.dtype == other[name].dtype
        assert np.array_equal(values, other[name], equal_nan=values.dtype.kind == "f"), name


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "rights.law"
    _program().save(path)
    return path


def test_a_saved_program_runs_the_same(saved: Path) -> None:
    read = Program.load(saved)
    _same(_program().run(_columns()), read.run(_columns()))
    for name in ("nodes", "outputs", "columns", "kinds", "inputs", "checks", "spirals", "enumerations", "law"):
        assert getattr(read, name) == getattr(_program(), name), name
    assert read.explain("average_rate@2024-05") == _program().explain("average_rate@2024-05")


@pytest.mark.parametrize("seed", range(8))
def test_every_operation_survives_a_file(seed: int, tmp_path: Path) -> None:
    twins = Twins.draw(seed, 80)
    path = tmp_path / "twins.law"
    program = twins.program()
    program.save(path)
    _same(program.run(twins.columns), Program.load(path).run(twins.columns))


def test_saving_leaves_one_file(saved: Path) -> None:
    _program().save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["rights.law"]


def test_a_file_holds_text_and_numbers_only(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == ["program.json", "calls.json"]
        assert all(json.loads(archive.read(name)) for name in archive.namelist())


def test_a_file_tells_nothing_of_the_machine(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert str(Path(__file__).parents[2]) not in text
    assert sys.prefix not in text


def test_a_program_of_another_law_is_refused(saved: Path) -> None:
    assert Program.load(saved, "the law of a test").law.fingerprint == "the law of a test"
    with pytest.raises(StaleProgram, match="compiled under the law of a, and the law in force is another law"):
        Program.load(saved, "another law")
    with pytest.raises(StaleProgram):
        _program().check_law("")


def test_a_program_travels_even_after_it_ran() -> None:
    before = _program().run(_columns())
    travelled = pickle.loads(pickle.dumps(_program()))  # noqa: S301 - our own bytes, made on this line
    assert travelled == _program()
    _same(before, travelled.run(_columns()))


def test_a_program_runs_the_same_in_another_process(saved: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "columns.npz", **_columns())
    code = (
        "import sys, numpy as np; from pathlib import Path; from lawgraph.program import Program;"
        "program = Program.load(Path(sys.argv[1]));"
        "answers = program.run(dict(np.load(sys.argv[2])));"
        "assert 'openfisca_core' not in sys.modules, 'a program needs no OpenFisca';"
        "np.savez(sys.argv[3], **answers)"
    )
    told = tmp_path / "answers.npz"
    run = [sys.executable, "-c", code, str(saved), str(tmp_path / "columns.npz"), str(told)]
    subprocess.run(run, check=True, timeout=60)
    with np.load(told) as answers:
        _same(_program().run(_columns()), dict(answers))


# Files that are no programs


def _rewritten(path: Path, change: Callable[[Content], object], calls: Any = None) -> Path:
    with zipfile.ZipFile(path) as archive:
        content, told = json.loads(archive.read("program.json")), json.loads(archive.read("calls.json"))
    change(content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("program.json", json.dumps(content))
        archive.writestr("calls.json", json.dumps(told if calls is None else calls))
    return path


def _number(content: Content, *ops: str) -> int:
    """The last node of some operations."""
    return max(number for number, node in enumerate(content["nodes"]) if node[0] in ops)


def _of(content: Content, entity: str, dtype: str) -> int:
    """The first node of an entity and a type."""
    return next(number for number, node in enumerate(content["nodes"]) if (node[3], node[4]) == (dtype, entity))


def _node(part: int, value: Any, *ops: str) -> Callable[[Content], object]:
    """Changes one part of a node: operation, operands, attributes, type, entity."""

    def change(content: Content) -> None:
        content["nodes"][_number(content, *ops)][part] = value

    return change


def _entry(*path: Any, value: Any) -> Callable[[Content], object]:
    def change(content: Content) -> None:
        inner = content
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


CRAFTED: dict[str, Callable[[Content], object]] = {
    "another format": _entry("format", value="lawgraph-0"),
    "no format": lambda content: content.pop("format"),
    "no nodes": lambda content: content.pop("nodes"),
    "unknown operation": _node(0, "system", "add"),
    "operation of a module": _node(0, "frompyfunc", "add"),
    "operand to come": _node(1, [10**6, 0], "add"),
    "operand before": _node(1, [-1, 0], "add"),
    "operand of itself": lambda content: _node(1, [_number(content, "add")] * 2, "add")(content),
    "operand that is no number": _node(1, ["0", 0], "add"),
    "operand that is a boolean": _node(1, [True, 0], "add"),
    "operand of another type": lambda content: _node(1, [_number(content, "add"), _number(content, "isin")], "add")(
        content
    ),
    "result of another type": _node(3, "f8", "less"),
    "choice by a number": lambda content: _node(1, [_number(content, "add")] * 3, "where")(content),
    "sum in whole numbers": _node(3, "i8", "group_sum"),
    "projection in another type": _node(3, "U900", "project"),
    "too few operands": _node(1, [0], "add"),
    "too many operands": _node(1, [0, 0, 0], "add"),
    "objects": _node(3, "O", "add"),
    "records": _node(3, "f4,f4", "add"),
    "texts of a gigabyte": _node(3, "U1000000000", "cast"),
    "unknown entity": _node(4, "village", "add"),
    "nobody's": _node(4, None, "add"),
    "constant of somebody": _node(4, "person", "const"),
    "constant cut short": _node(2, [{"bytes": "00"}], "const"),
    "constant that is no number": _node(2, [{"bytes": "zz"}], "const"),
    "constant without bytes": _node(2, [3], "const"),
    "cast to another type": _node(2, ["m8[Y]"], "cast"),
    "empty table": _node(2, [[], "f8"], "take"),
    "table of another type": _node(2, [["a", "b"], "f8"], "take"),
    "table of a narrow type": _node(2, [[1, 2], "i1"], "take"),
    "gathered from a group": lambda content: _node(1, [_of(content, "home", "f8")], "group_sum")(content),
    "mixed with a group": lambda content: _node(1, [_of(content, "home", "f8"), _of(content, "person", "f8")], "add")(
        content
    ),
    "table without a type": _node(2, [[1.0, 2.0]], "take"),
    "search by magic": _node(2, [[1, 2], "middle"], "search"),
    "role of nobody": _node(2, ["family", ["king"]], "role_mask"),
    "group of nobody": _node(2, ["club"], "project"),
    "persons as a group": _node(2, ["person"], "project"),
    "gathered by persons": _node(4, "person", "group_sum"),
    "member before the first": _node(2, ["family", -1, 0.0], "nth_person"),
    "input of nothing": _node(2, ["secrets"], "input"),
    "input of another type": _node(3, "f8", "input"),
    "output of no node": lambda content: content["outputs"].update({next(iter(content["outputs"])): 10**9}),
    "output of nobody": lambda content: content["output_entities"].update({next(iter(content["outputs"])): "club"}),
    "output of others": lambda content: content["output_entities"].update({"gathered@2024-05": "home"}),
    "output without an entity": lambda content: content["output_entities"].popitem(),
    "check of no boolean": lambda content: content["checks"].append([_number(content, "add"), "why", "where"]),
    "check of no node": lambda content: content["checks"].append([10**9, "why", "where"]),
    "column of another type": lambda content: content["columns"][0].update(dtype="O"),
    "column of nobody": lambda content: content["columns"][0].update(entity="club"),
    "column with a secret": lambda content: content["columns"][0].update(secret=1),
    "two columns of one name": lambda content: content["columns"].append(content["columns"][0]),
    "two kinds of one name": lambda content: content["kinds"].append(content["kinds"][0]),
    "kinds that are none": _entry("kinds", value=7),
    "law that is none": _entry("law", value=[]),
    "nodes that are none": _entry("nodes", value={"a": 1}),
    "node that is none": _entry("nodes", 0, value=None),
    "names that are none": lambda content: content["enumerations"].update({"one_member@2024-05": [1, 2]}),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_file_is_refused(case: str, saved: Path) -> None:
    with pytest.raises(BadProgramFile, match=r"rights\.law is not a program"):
        Program.load(_rewritten(saved, CRAFTED[case]))


@pytest.mark.parametrize(
    "calls", [7, {"a": 1}, [["x"]], [["x", "y", "z", False, [9], []]], [["x", "y", "z", False, "no", []]]]
)
def test_crafted_calls_are_refused(calls: Any, saved: Path) -> None:
    with pytest.raises(BadProgramFile):
        Program.load(_rewritten(saved, lambda content: None, calls))


def test_a_rewritten_file_is_a_program(saved: Path) -> None:
    """What makes the files above refused is what was changed, not how they were written."""
    read = Program.load(_rewritten(saved, lambda content: None))
    _same(_program().run(_columns()), read.run(_columns()))


def _zip(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.json", content)
    return path


@pytest.mark.parametrize("content", [
    b"", b"no zip", b"PK\x03\x04" + b"\x00" * 40, pickle.dumps({"a": 1}), b'{"format": "lawgraph-1"}',
])  # fmt: skip
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.law"
    path.write_bytes(content)
    with pytest.raises(BadProgramFile, match=r"other\.law is not a program"):
        Program.load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadProgramFile, match=r"absent\.law"):
        Program.load(tmp_path / "absent.law")


@pytest.mark.parametrize("files", [
    {"program": b"{}", "calls": b"[]"}, {"program": b"[]", "calls": b"[]"}, {"program": b"{not json", "calls": b"[]"},
    {"program": b"{}"}, {"calls": b"[]"}, {"program": b"[" * 200_000, "calls": b"[]"},
    {"program": b"\xff\xfe", "calls": b"[]"}, {"program": b"null", "calls": b"null"},
])  # fmt: skip
def test_what_is_no_json_of_a_program_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(BadProgramFile):
        Program.load(_zip(tmp_path / "other.law", **files))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(part: float, saved: Path) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(BadProgramFile):
        Program.load(saved)


def test_a_damaged_file_is_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[len(content) // 4] ^= 0xFF
    saved.write_bytes(bytes(content))
    with pytest.raises(BadProgramFile):
        Program.load(saved)


def test_a_file_that_grows_when_read_is_refused_before_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes that would become megabytes; the limit itself is made small for the test."""
    path = _zip(tmp_path / "bomb.law", program=b" " * 5_000_000, calls=b"[]")
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(module, "LARGEST_FILE", 4_000_000)
    read: list[str] = []
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name, pwd=None: read.append(name))
    with pytest.raises(BadProgramFile, match="too large"):
        Program.load(path)
    assert read == []


def test_the_limit_is_far_above_a_large_program() -> None:
    assert 100_000_000 < module.LARGEST_FILE < 1_000_000_000
