"""The styles of the ODT: named ones that a person may change at once for the whole document, and the automatic ones."""

from __future__ import annotations

FONT = "Liberation Sans"
INK, ACCENT, MUTED, GOOD, ALERT = "#1b2a41", "#1d4e89", "#4d5866", "#23603f", "#8f1d21"


def _style(name: str, family: str, text: str = "", paragraph: str = "", extra: str = "", parent: str = "") -> str:
    inherits = f' style:parent-style-name="{parent}"' if parent else ""
    display = f' style:display-name="{name.replace("_20_", " ")}"'
    inside = f"<style:paragraph-properties {paragraph}/>" if paragraph else ""
    inside += f"<style:text-properties {text}/>" if text else ""
    return f'<style:style style:name="{name}"{display} style:family="{family}"{inherits}>{inside}{extra}</style:style>'


def _font(size: float, colour: str = INK, weight: str = "normal", slant: str = "normal") -> str:
    return (
        f'fo:font-size="{size}pt" fo:color="{colour}" fo:font-weight="{weight}" fo:font-style="{slant}" '
        f'style:font-name="{FONT}" fo:font-family="{FONT}" fo:language="fr" fo:country="FR"'
    )


def _space(above: float, below: float, more: str = "") -> str:
    return f'fo:margin-top="{above}pt" fo:margin-bottom="{below}pt" {more}'


STYLES = (
    _style("Standard", "paragraph", _font(10.5)),
    _style("Text_20_body", "paragraph", "", _space(0, 6, 'fo:line-height="115%"'), parent="Standard"),
    _style("Title", "paragraph", _font(36, ACCENT, "bold"), _space(0, 8), parent="Standard"),
    _style("Subtitle", "paragraph", _font(17), _space(0, 8), parent="Standard"),
    _style(
        "Heading_20_1",
        "paragraph",
        _font(17, ACCENT, "bold"),
        _space(24, 9, 'fo:keep-with-next="always"'),
        parent="Heading",
    ),
    _style(
        "Heading_20_2",
        "paragraph",
        _font(12.5, INK, "bold"),
        _space(14, 7, 'fo:keep-with-next="always"'),
        parent="Heading",
    ),
    _style(
        "Caption", "paragraph", _font(9, INK, "bold"), _space(9, 4, 'fo:keep-with-next="always"'), parent="Standard"
    ),
    _style("Figure_20_caption", "paragraph", "", _space(3, 12, 'fo:keep-with-next="auto"'), parent="Caption"),
    _style("Small", "paragraph", _font(8.5, MUTED), _space(3, 9), parent="Standard"),
    _style("Pending", "paragraph", _font(10.5, MUTED, slant="italic"), _space(4, 8), parent="Standard"),
    _style(
        "Warning",
        "paragraph",
        _font(9.5),
        _space(6, 9, f'fo:border-left="1.5pt solid {ALERT}" fo:padding="0.2cm" fo:background-color="#f1f4f8"'),
        parent="Standard",
    ),
    _style("Table_20_cell", "paragraph", _font(9), parent="Standard"),
    _style("Table_20_number", "paragraph", "", 'fo:text-align="end"', parent="Table_20_cell"),
    _style("Key_20_figure", "paragraph", _font(16, ACCENT, "bold"), _space(8, 0, 'fo:keep-with-next="always"')),
    _style("Mark", "paragraph", _font(10.5, ALERT, "bold"), _space(6, 6), parent="Standard"),
    _style("Banner", "paragraph", _font(9, ALERT, "bold"), _space(0, 4, 'fo:text-align="center"'), parent="Standard"),
    _style("Fact", "paragraph", _font(9, MUTED), _space(4, 0, 'fo:keep-with-next="always"'), parent="Standard"),
    _style("Room_20_to_20_sign", "paragraph", "", _space(0, 75), parent="Standard"),
    _style("Cover_20_head", "paragraph", _font(12, MUTED), _space(90, 110), parent="Standard"),
    (
        '<text:list-style style:name="List_20_1" style:display-name="List 1">'
        '<text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties '
        'text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment '
        'text:label-followed-by="listtab" text:list-tab-stop-position="0.8cm" fo:text-indent="-0.5cm" '
        'fo:margin-left="0.8cm"/></style:list-level-properties></text:list-level-style-bullet></text:list-style>'
    ),
    _style("Strong", "text", 'fo:font-weight="bold"'),
    _style("Emphasis", "text", 'fo:font-style="italic"'),
    _style("Muted", "text", f'fo:color="{MUTED}"'),
    _style("Good", "text", f'fo:color="{GOOD}"'),
    _style("Alert", "text", f'fo:color="{ALERT}" fo:font-weight="bold"'),
    _style("Note_20_mark", "text", f'style:text-position="super 65%" fo:color="{ACCENT}"'),
)
INLINE = (
    '<style:style style:name="Inline" style:family="graphic"><style:graphic-properties style:wrap="none" '
    'style:vertical-pos="top" style:vertical-rel="baseline"/></style:style>'
)
# Looks of tables and of breaks belong to the content: office programs look for them there.
AUTOMATIC = (
    (
        '<style:style style:name="Grid" style:family="table"><style:table-properties style:width="16cm" '
        'table:align="margins" fo:margin-bottom="0.2cm"/></style:style>'
    ),
    (
        '<style:style style:name="Row" style:family="table-row"><style:table-row-properties fo:keep-together="always"/>'
        "</style:style>"
    ),
    (
        '<style:style style:name="Head" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
        f'fo:border-top="1pt solid {INK}" fo:border-bottom="1pt solid {INK}"/></style:style>'
    ),
    (
        '<style:style style:name="Cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
        'fo:border-bottom="0.5pt solid #c3ccd6"/></style:style>'
    ),
    (
        '<style:style style:name="Total" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
        'fo:border-bottom="0.5pt solid #c3ccd6" fo:background-color="#f1f4f8"/></style:style>'
    ),
    (
        '<style:style style:name="Room" style:family="table-cell"><style:table-cell-properties fo:padding="0.2cm" '
        'fo:border="0.5pt solid #c3ccd6"/></style:style>'
    ),
    (
        '<style:style style:name="FirstSheet" style:family="paragraph" style:parent-style-name="Text_20_body" '
        'style:master-page-name="Cover"/>'
    ),
    (
        '<style:style style:name="First" style:family="paragraph" style:parent-style-name="Cover_20_head" '
        'style:master-page-name="Cover"/>'
    ),
    (
        '<style:style style:name="Break" style:family="paragraph" style:parent-style-name="Contents_20_Heading" '
        'style:master-page-name="Standard"><style:paragraph-properties fo:break-before="page"/></style:style>'
    ),
    (
        '<style:style style:name="BreakHeading" style:family="paragraph" style:parent-style-name="Heading_20_1">'
        '<style:paragraph-properties fo:break-before="page"/></style:style>'
    ),
    INLINE,
)
# They grow with what they hold, and keep their distance from the text.
HEAD_AND_FOOT = tuple(
    f'<style:{name}-style><style:header-footer-properties fo:min-height="0.6cm" fo:margin-{side}="0.4cm" '
    f'style:dynamic-spacing="false"/></style:{name}-style>'
    for name, side in (("header", "bottom"), ("footer", "top"))
)
# What the foot of the pages needs, in the styles themselves: office programs look for it there.
FOOT = (
    (
        '<style:style style:name="Foot" style:family="table"><style:table-properties style:width="16cm" '
        'table:align="margins"/></style:style>'
    ),
    (
        '<style:style style:name="FootCode" style:family="table-column">'
        '<style:table-column-properties style:column-width="2.1cm"/></style:style>'
    ),
    (
        '<style:style style:name="FootWords" style:family="table-column">'
        '<style:table-column-properties style:column-width="13.9cm"/></style:style>'
    ),
    (
        '<style:style style:name="FootCell" style:family="table-cell">'
        '<style:table-cell-properties style:vertical-align="middle"/></style:style>'
    ),
    INLINE,
)
