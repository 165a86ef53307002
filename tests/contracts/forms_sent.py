"""A form as a browser sends it back: every control that the page holds, with what a person changes in it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Controls(HTMLParser):
    """The successful controls of the form that saves: enabled, named, and not tied to another form."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._inside = False
        self._select = self._textarea = ""
        self._options: list[tuple[str, bool]] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = "data-autosave" in given
        name = given.get("name", "")
        if not self._inside or "disabled" in given or "form" in given:
            return
        if tag == "input" and name:
            self._input(name, given)
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._textarea, self._text = name, []

    def _input(self, name: str, given: dict[str, str]) -> None:
        if given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self.sent[name] = given.get("value", "on")
        else:
            self.sent[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            self.sent[self._select] = (chosen or [value for value, _ in self._options] or [""])[0]
            self._select = ""
        elif tag == "textarea" and self._textarea:
            self.sent[self._textarea] = "".join(self._text).removeprefix("\n")
            self._textarea = ""


def filled(response: Any, **changed: Any) -> dict[str, Any]:
    """What the browser would send from this page. `changed`: name of a control (`__` for `-`) → what is typed."""
    controls = _Controls()
    controls.feed(response.content.decode())
    sent: dict[str, Any] = dict(controls.sent)
    for name, value in changed.items():
        sent[name.replace("__", "-")] = value
    return {name: value for name, value in sent.items() if value is not None}
