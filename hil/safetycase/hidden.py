"""What is seen of a layer that fails beyond the declared spread, as a section of the page: what `hil bench hidden` measured.

The least stray follows from the pack's record alone (hil/benches/hidden_cases.py); the rest is what the real firmware did.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

FORMULA = (
    "Two healthy groups of n layers may differ at rest by n × (2 s dU/dz + 2 m M) + 2 e: s the spread of SoC, with what the "
    "spread of capacity adds between here and where the layers were matched; dU/dz the slope of the open-circuit voltage; m "
    "and M spread and size of the hysteresis; e the error of a group's sensor. A lone layer that strays by less has a "
    "healthy pack which shows the same voltages: no device with these sensors can tell it. Under current n × 2 r R I comes "
    "on top, r the spread of resistance. The firmware allows somewhat more than that, since it does not know the SoC "
    "exactly, and its rows speak when a stray is beyond the allowance by their limit. All that is laid on one layer "
    "meanwhile: both of its bounds widen by the stray, and limits shrink with them."
)
METHOD = (
    "One layer fails, all others are alike, sensors are as declared. Harm is that layer beyond the last of its voltage limits, "
    "or any beyond the temperature that stops everything. Times count from the failure, or from the begin of the story for "
    "what has always been there; before zero: it would have been noticed earlier still. Where charge or discharge ended by "
    "itself, no harm can come; \"yet\" stands where the story was over before."
)


def section(record: Mapping[str, Any]) -> str:
    """Formula, thresholds, stories."""
    return f"<p>{_text(FORMULA)}</p>{_drained(record['drained'])}<p>{_text(METHOD)}</p>{_stories(record['stories'])}"


def verdict(row: Mapping[str, Any]) -> tuple[str, str]:
    """What happened to one layer in one story: in words, and ok, no or nothing."""
    harm, noticed_s, harm_s = row["harm"], row["noticed_s"], row["harm_s"]
    harmed = f"{harm} after {harm_s:.1f} s" if harm else ""
    if row["row"] is None:
        calm = "not noticed; no harm, it ended by itself" if row["ended"] else "not noticed; no harm yet"
        calm = calm if row["closed"] else "the contactors never close"
        return (f"not noticed; {harmed}", "no") if harm else (calm, "")
    told = f"{row['row']} after {noticed_s:.2f} s"
    if not harm or harm_s >= noticed_s:
        return f"{told}; no harm before", "ok"
    return f"{told}; {harmed}", "no"


def _drained(rows: Sequence[Mapping[str, Any]]) -> str:
    ohms = list(next((row["hours"] for row in rows if row["hours"]), {}))
    head = ["layers a group", "error of its sensor", "least stray (formula)", "noticed at", "row", "lost by then"]
    head += ["harm before"]
    head += [f"{ohm} ohm takes" for ohm in ohms]
    body = []
    for row in rows:
        seen = row["row"] is not None
        body.append(
            [
                str(row["n"]),
                f"{row['error_mV']:g} mV",
                f"{row['least_mV']} mV",
                f"{row['stray_mV']} mV" if seen else "never",
                row["row"] or "none",
                f"{row['lost_Ah']:g} Ah" if seen else "all",
                row["harm"] if row["harm"] and not (seen and row["harm_s"] >= row["noticed_s"]) else "no",
                *(f"{row['hours'][ohm]:g} h" if seen else "" for ohm in ohms),
            ]
        )
    about = "<h3>One layer loses charge at rest, from 50 % on: a soft short</h3>"
    return about + _table(head, [[_text(cell) for cell in cells] for cells in body])


def _stories(rows: Sequence[Mapping[str, Any]]) -> str:
    layers = sorted({row["n"] for row in rows})
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for row in rows:
        words, kind = verdict(row)
        mark = f'<span class="{kind}">{_text(words)}</span>' if kind else _text(words)
        cells.setdefault((row["failure"], row["story"]), {})[row["n"]] = mark
    head = ["failure", "story", *(f"n = {n}" for n in layers)]
    body = [[_text(name), _text(story), *(at.get(n, "") for n in layers)] for (name, story), at in cells.items()]
    return "<h3>One layer fails at work</h3>" + _table(head, body)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(word)}</th>" for word in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll whole"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _text(value: object) -> str:
    return html.escape(str(value))
