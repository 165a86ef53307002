"""Documentation that cannot lie: what is generated is current, what is quoted exists, what exists is documented."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from maillage import __version__
from maillage.cli import permissions, reference
from maillage.cli.main import ENTRIES, cli
from maillage.config.instance import Instance
from maillage.engines.consistency import thresholds
from tests.architecture import project
from tests.architecture.test_glossary import PLAIN_SPACE

DOCS = project.ROOT / "docs"
GUIDES = sorted(DOCS.glob("*.md"))
RECORDS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
TOP = [project.ROOT / name for name in ("README.md", "CHANGELOG.md")]
WRITTEN = [*TOP, *GUIDES, *sorted((DOCS / "decisions").glob("*.md"))]
DEVELOPER_COMMANDS = {"reference", "assets"}
MAX_IMAGE_BYTES = 250_000

ENVIRONMENT = re.compile(r"""environ(?:\.get|\.pop|\.setdefault)?[(\[]\s*"(MAILLAGE_\w+)"|env="(MAILLAGE_\w+)\"""")


def _name(path: Path) -> str:
    return project.relative(path)


# --- what is generated ---


def test_the_generated_reference_is_current() -> None:
    assert not reference.stale(DOCS / "reference", reference.generate()), "run « make reference »"


def test_a_page_that_differs_is_seen(tmp_path: Path) -> None:
    contents = {"a.md": "one\n", "b.md": "two\n"}
    (tmp_path / "a.md").write_text("changed by hand\n", encoding="utf-8")
    (tmp_path / "left.md").write_text("of a page that is gone\n", encoding="utf-8")
    assert reference.stale(tmp_path, contents) == ["a.md", "b.md", "left.md"]


def test_every_setting_read_by_the_code_is_documented() -> None:
    read = {
        name
        for path in project.sources()
        for groups in ENVIRONMENT.findall(path.read_text(encoding="utf-8"))
        for name in groups
        if name
    }
    assert {s.variable for s in reference.SETTINGS if s.variable} == read


def test_every_key_of_an_instance_is_documented() -> None:
    source = ast.parse((project.PACKAGE / "config" / "instance.py").read_text(encoding="utf-8"))
    keys = {
        str(node.args[0].value)
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "stored.get"
        and isinstance(node.args[0], ast.Constant)
    }
    assert keys == set(Instance.__dataclass_fields__) - {"data_dir"}
    assert {s.key for s in reference.SETTINGS if s.key} == keys


def test_every_threshold_of_the_engine_is_documented() -> None:
    declared = {name for name in vars(thresholds) if name.isupper() and not name.startswith("_")}
    assert set(reference.THRESHOLDS) | {"QUALIFIERS"} == declared


def test_every_permission_is_in_the_matrix() -> None:
    assert set(permissions.LABELS) == set(permissions.declared())


# --- what is quoted ---


def code_lines(text: str) -> Iterator[str]:
    """Commands of a Markdown text: lines of fenced blocks without their prompt, and inline code."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            yield line.strip().removeprefix("$ ").split("  #")[0].strip()
    for inline in re.findall(
        r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    ):
        yield inline.strip()


def quoted(paths: list[Path], word: str) -> list[tuple[Path, str]]:
    """Every quoted command that starts with a word, possibly after variables set in front of it."""
    pattern = re.compile(rf"^(?:\w+=\S+\s+)*(?:\.venv/bin/)?{word}(?:\s|$)")
    return [
        (path, re.sub(r"^(?:\w+=\S+\s+)*", "", line))
        for path in paths
        for line in code_lines(path.read_text(encoding="utf-8"))
        if pattern.match(line)
    ]


def wrong_command(line: str) -> str:
    """Why a quoted `maillage …` is not a real command; empty when it is."""
    words = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli)
    options: set[str] = {"--help", "-h"}
    for word in words:
        options |= {name for p in command.params for name in [*p.opts, *p.secondary_opts]}
        if word.startswith("-"):
            if word.split("=")[0] not in options:
                return f"no option {word}"
        elif isinstance(command, click.Group) and word.isascii() and word.islower() and "/" not in word:
            found = command.get_command(context, word)
            if found is None:
                return f"no command {word}"
            command = found
    return ""


def test_quoted_commands_exist() -> None:
    found = quoted(WRITTEN, "maillage")
    assert len(found) > 10
    wrong = [f"{_name(path)}: {line}: {why}" for path, line in found if (why := wrong_command(line))]
    assert not wrong, "\n".join(wrong)


def test_a_quoted_command_that_does_not_exist_is_seen() -> None:
    assert wrong_command("maillage figures chek")
    assert wrong_command("maillage figures check --no-such-option")
    assert not wrong_command("maillage figures check --json")


def test_every_command_is_documented_for_its_users() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*GUIDES, *TOP])
    missing = [name for name in ENTRIES if name not in DEVELOPER_COMMANDS and f"maillage {name}" not in text]
    assert not missing, missing


def test_quoted_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (project.ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    wrong = [
        f"{_name(path)}: {line}"
        for path, line in quoted(WRITTEN, "make")
        for word in line.split()[1:]
        if re.fullmatch(r"[a-z0-9]+", word) and word not in targets
    ]
    assert not wrong, "\n".join(wrong)


def test_quoted_settings_exist() -> None:
    known = {s.variable for s in reference.SETTINGS} | {"MAILLAGE_CHROMIUM", "MAILLAGE_SCREENSHOTS"}
    wrong = [
        f"{_name(path)}: {name}"
        for path in WRITTEN
        for name in set(re.findall(r"\bMAILLAGE_[A-Z_]+\b", path.read_text(encoding="utf-8")))
        if name not in known
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", WRITTEN, ids=_name)
def test_links_and_images_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / target).exists(), f"{_name(path)} links to {target}"


@pytest.mark.parametrize("path", GUIDES, ids=_name)
def test_guides_follow_french_typography(path: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`|\]\([^)]*\)", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    found = [m.group(0) for m in PLAIN_SPACE.finditer(text) if not m.group(0).startswith("- :")]
    assert not found


# --- what exists ---


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for path, command in reference.walk(cli, ("maillage",)):
        if not (command.help or "").strip():
            silent.append(" ".join(path))
        silent += [
            f"{' '.join(path)} {'/'.join(p.opts)}"
            for p in command.params
            if isinstance(p, click.Option) and not p.hidden and not p.help
        ]
    assert not silent, silent


def test_records_are_numbered_listed_and_whole() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    for path in RECORDS:
        text = path.read_text(encoding="utf-8")
        assert f"]({path.name})" in index, f"{path.name} is not in the index"
        for heading in ("Status:", "## Decision", "## Rejected", "## What it costs"):
            assert heading in text, f"{path.name} lacks « {heading} »"


def test_every_guide_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in GUIDES if path.name != "README.md" and f"]({path.name})" not in index]
    assert not missing


def test_the_changelog_tells_of_this_version() -> None:
    text = (project.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## .*{re.escape(__version__)}", text, flags=re.MULTILINE)


def test_images_of_the_documentation_are_light() -> None:
    images = sorted((DOCS / "images").glob("*"))
    heavy = [f"{_name(p)}: {p.stat().st_size} bytes" for p in images if p.stat().st_size > MAX_IMAGE_BYTES]
    assert len(images) >= 2
    assert not heavy, heavy
