"""OpenFisca's public cases on the rights pass through compiled programs, within their own margins."""

from __future__ import annotations

from pathlib import Path

from tests.lawgraph.compiled_cases import AS_OPENFISCA, passed


def test_every_public_case_on_a_right_passes_compiled(shared: Path) -> None:
    done = passed(shared / "data" / "law_cases")
    assert len(done.outcomes) > 250
    refused = [one for one in done.exceptions if one.reason != AS_OPENFISCA]
    assert not refused, "\n".join(f"{one.file}, {one.name}: {one.differences}" for one in refused)
    # A case that fails because OpenFisca does fails by the same figures; there is none today on a right.
    assert [(one.file, one.name) for one in done.exceptions] == []
