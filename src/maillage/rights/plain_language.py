"""What a text about rights may not say: only the body that pays decides, so nothing here promises."""

from __future__ import annotations

import re

PROMISES = re.compile(
    r"vous (?:avez|aurez) (?:bien )?(?:le )?droit|vous (?:toucherez|recevrez|percevrez|obtiendrez|bénéficierez)"
    r"|vous allez (?:toucher|recevoir|percevoir|obtenir)|vous (?:êtes|serez) éligibles?"
    r"|(?:est|sont) garantie?s?\b|vous garantit",
    re.IGNORECASE,
)


def promise(text: str) -> str:
    """The words that promise a right; '' when there are none. « Vous pourriez avoir droit à » is what to write."""
    match = PROMISES.search(text.replace("\u00a0", " "))
    return match.group(0) if match else ""
