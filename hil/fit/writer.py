"""Writes a cell file like those in bms/cells: tables as integers, a source at each, "assumed" where no log has said it.

Rounding may not break what the linter asks for: both branches of the open-circuit voltage rise, resistances are 1 uohm at
least, factors of temperature are those of the activation energies, limits lie outside the table.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bms.schema import CELL_FIELDS, FILTER_FIELDS, PROFILE_FIELDS, Cell
from hil.fit import families
from hil.fit.design import ZERO_CELSIUS_K, GAS_J_molK, Shape, T_REF_degC
from hil.fit.drive import Fit
from hil.fit.evidence import Evidence
from hil.fit.families import Family
from hil.fit.runs import KINDS, Run
from hil.fit.trust import family as filter_family
from hil.logs import Floats

WIDTH_columns = 120
MARGIN_mV = 5
KNOWN = 0.3  # of a knot: below it the family has said more than the logs


def record(name: str, source: str, family: Family, capacity_Ah: float, shape: Shape, tables: dict[str, Floats]) -> Cell:
    """The cell as integers."""
    ocv_mV, hyst_mV = branches(tables["ocv"], tables["hyst"])
    v_max_mV = _moved(family.v_max_mV, max(0, ocv_mV[-1] + hyst_mV[-1] + MARGIN_mV - family.v_max_mV[0]))
    v_min_mV = _moved(family.v_min_mV, min(0, ocv_mV[0] - hyst_mV[0] - MARGIN_mV - family.v_min_mV[0]))
    capacity_mAh = round(1000 * capacity_Ah)
    ea_J_mol = tuple(round(ea) for ea in shape.ea_J_mol)
    tau1_ms, tau2_ms = (tuple(round(1000 * tau_s) for tau_s in shape.taus_s(index)) for index in (0, 1))
    rows = tuple(
        tuple(round(c * factor / 1000) for c in family.charge_25_mC) for factor in families.MAP_FACTOR_permille
    )
    least_mC = -(-100_000 // capacity_mAh)  # of 1 dA, the smallest current that the firmware counts
    cont_mC, pulse_mC = (
        tuple(max(round(c * factor / 1000), least_mC if factor else 0) for factor in families.DISCHARGE_FACTOR_permille)
        for c in family.discharge_25_mC[:2]
    )
    values: dict[str, Any] = {
        "name": name,
        "source": source,
        "chemistry": family.about,
        "capacity_mAh": capacity_mAh,
        "ocv_mV": ocv_mV,
        "hyst_mV": hyst_mV,
        "hyst_gamma_permille": round(1000 * shape.gamma),
        "relax_mV": family.relax_mV,
        "relax_gamma_permille": families.RELAX_GAMMA_permille,
        "relax_tau_s": families.RELAX_TAU_s,
        "entropy_uV_K": tuple(round(1e6 * e) for e in tables["entropy"]),
        "t_ref_ddegC": round(10 * T_REF_degC),
        "r0_uohm": _uohm(tables["r0"]),
        "r1_uohm": _uohm(tables["r1"]),
        "tau1_ms": tau1_ms,
        "r2_uohm": _uohm(tables["r2"]),
        "tau2_ms": tau2_ms,
        "r_ddegC": families.R_ddegC,
        **{f"r{index}_permille": factors(ea) for index, ea in enumerate(ea_J_mol)},
        "ea_J_mol": ea_J_mol,
        "heat_capacity_J_K": max(1, round(family.heat_J_K_Ah * capacity_Ah)),
        "mass_g": max(1, round(family.mass_g_Ah * capacity_Ah)),
        "self_discharge_ppm_h": family.self_discharge_ppm_h,
        "v_max_mV": v_max_mV,
        "v_min_mV": v_min_mV,
        "v_deep_mV": min(family.v_deep_mV, v_min_mV[2] - 100),
        "t_charge_max_ddegC": families.T_CHARGE_MAX_ddegC,
        "t_charge_min_ddegC": families.T_CHARGE_MIN_ddegC,
        "t_discharge_max_ddegC": families.T_DISCHARGE_MAX_ddegC,
        "t_discharge_min_ddegC": families.T_DISCHARGE_MIN_ddegC,
        "t_stop_ddegC": families.T_STOP_ddegC,
        "charge_max_mC": max(family.charge_25_mC),
        "charge_trip_permille": families.CHARGE_TRIP_permille,
        "map_ddegC": families.MAP_ddegC,
        "map_soc_permille": families.MAP_SOC_permille,
        "charge_maps": (("assumed", rows),),
        "discharge_ddegC": families.DISCHARGE_ddegC,
        "discharge_cont_mC": cont_mC,
        "discharge_pulse_mC": pulse_mC,
        "discharge_trip_mC": family.discharge_25_mC[2],
        "discharge_low_soc_permille": families.DISCHARGE_LOW_SOC_permille,
        "profiles": families.PROFILES,
        "filter": filter_family(family.about),
    }
    return Cell(**values)


def branches(ocv_V: Floats, hyst_V: Floats) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Middle and half distance in mV, so that both branches rise by 1 mV at least from knot to knot."""
    ocv = [round(1000 * float(ocv_V[0]))]
    hyst = [max(0, round(1000 * float(hyst_V[0])))]
    for u_V, m_V in zip(ocv_V[1:], hyst_V[1:]):
        m_mV = max(0, round(1000 * float(m_V)))
        u_mV = max(round(1000 * float(u_V)), ocv[-1] + 1)
        step = u_mV - ocv[-1] - 1
        ocv.append(u_mV)
        hyst.append(min(max(m_mV, hyst[-1] - step), hyst[-1] + step))
    return tuple(ocv), tuple(hyst)


def factors(ea_J_mol: int) -> tuple[int, ...]:
    """Permille of the resistance at T_REF, at every R_ddegC."""
    at_ref = 1 / (T_REF_degC + ZERO_CELSIUS_K)
    return tuple(
        round(1000 * math.exp(ea_J_mol / GAS_J_molK * (1 / (t / 10 + ZERO_CELSIUS_K) - at_ref))) for t in families.R_ddegC
    )


def _uohm(table: Floats) -> tuple[int, ...]:
    return tuple(max(1, round(1e6 * float(r))) for r in table)


def _moved(three: tuple[int, int, int], by_mV: int) -> tuple[int, int, int]:
    return (three[0] + by_mV, three[1] + by_mV, three[2] + by_mV)


def source(runs: Sequence[Run]) -> str:
    """Which logs, in the cell's own words."""
    parts = [f"{kind}: {', '.join(run.name for run in runs if run.kind == kind)}" for kind in KINDS]
    return "hil fit of " + "; ".join(part for part in parts if not part.endswith(": "))


def comments(
    cell: Cell, family: Family, fit: Fit, told: Evidence, result: Mapping[str, Any]
) -> tuple[list[str], dict[str, str]]:
    """Paragraphs of the file's docstring, and what stands behind each field that the logs have told."""
    about = [f"{cell.name}: a cell of {cell.capacity_mAh / 1000:g} Ah, identified from logs by `hil fit` ({family.name})."]
    logs = ", ".join(f"{row['log']} ({row['rms_mV']:.0f} mV)" for row in result["fitted"])
    about.append(f"Fitted, with the rms of what is left of the voltage: {logs}.")
    if result["judged"]:
        logs = ", ".join(f"{row['log']} ({row['rms_mV']:.0f} mV)" for row in result["judged"])
        about.append(f"Judged, not fitted: {logs}.")
    about += [note[0].upper() + note[1:] + "." for note in result["notes"]]
    about.append('Values marked "assumed" are the family\'s and in no log: replace them by those of the maker.')
    sources = {
        "name": "",
        "source": "",
        "chemistry": "",
        "capacity_mAh": "of the logs nearest 25 degC, or as given",
        "t_ref_ddegC": "",
        "r_ddegC": "",
        **dict.fromkeys(("r0_permille", "r1_permille", "r2_permille"), "exp(Ea/R (1/T - 1/298.15 K)) of ea_J_mol"),
        "ocv_mV": _told(fit, "ocv", result, "ocv"),
        "hyst_mV": _told(fit, "hyst", result, "ocv") if told.branches else "assumed",
        "hyst_gamma_permille": "fitted" if told.branches else "assumed",
        "entropy_uV_K": "fitted, with what capacity does over temperature" if told.temperature else "assumed",
        **{f"r{index}_uohm": _told(fit, f"r{index}", result, None) for index in range(3)},
        "tau1_ms": "fitted" if told.dynamics else "assumed",
        "tau2_ms": "fitted" if told.dynamics else "assumed",
        "ea_J_mol": "fitted" if told.temperature else "assumed",
        "filter": "one set for all cells of the family",
    }
    for field, own in (("v_max_mV", family.v_max_mV), ("v_min_mV", family.v_min_mV)):
        moved = getattr(cell, field)[0] != own[0]
        sources[field] = "assumed" + (", moved outside the open-circuit voltage of the logs" if moved else "")
    return about, sources


def _told(fit: Fit, table: str, result: Mapping[str, Any], kind: str | None) -> str:
    """Fitted, with the residual of the logs that say most of it, and where the family has said more than the logs."""
    rows = [row for row in result["fitted"] if row["kind"] == kind] or result["fitted"]
    rms_mV = float(np.sqrt(np.mean([row["rms_mV"] ** 2 for row in rows])))
    logs = f"{len(rows)} {kind + ' ' if kind and rows[0]['kind'] == kind else ''}log{'' if len(rows) == 1 else 's'}"
    unknown = [5 * int(knot) for knot in np.flatnonzero(fit.known[table] < KNOWN)]
    if len(unknown) > len(fit.known[table]) // 2:
        return "assumed, hardly told by the logs"
    some = f"; leans on the family at {_spans(unknown)} % SoC" if unknown else ""
    return f"fitted to {logs}, {rms_mV:.0f} mV rms left{some}"


def _spans(percents: Sequence[int]) -> str:
    """0, 5, 10, 40 as 0-10, 40."""
    spans: list[list[int]] = []
    for percent in percents:
        if spans and percent - spans[-1][-1] <= 5:
            spans[-1].append(percent)
        else:
            spans.append([percent])
    return ", ".join(f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def text(cell: Cell, about: Sequence[str], sources: dict[str, str]) -> str:
    """The file. `about`: paragraphs of its docstring; `sources`: what stands behind a field."""
    lines = ['"""' + _paragraph(about[0])]
    for paragraph in about[1:]:
        lines += ["", _paragraph(paragraph)]
    lines += ['"""', "", "from bms.schema import Cell, Filter, Profile", "", "CELL = Cell("]
    for field in CELL_FIELDS:
        lines += _field(field, getattr(cell, field), sources.get(field, "assumed"))
    return "\n".join([*lines, ")", ""])


def _paragraph(words: str) -> str:
    return "\n".join(textwrap.wrap(words, WIDTH_columns, break_long_words=False, break_on_hyphens=False))


def _field(field: str, value: object, source: str) -> list[str]:
    said = f"  # {source}" if source else ""
    if field == "filter":
        inner = [f"        {name}={getattr(value, name)}," for name in FILTER_FIELDS]
        return ["    filter=Filter(", *inner, f"    ),{said}"]
    if field == "profiles":
        assert isinstance(value, tuple)
        out = ["    profiles=("]
        for profile in value:
            rows = [f"            {name}={_literal(getattr(profile, name))}," for name in PROFILE_FIELDS]
            out += ["        Profile(", *rows, "        ),"]
        return [*out, f"    ),{said}"]
    if field == "charge_maps":
        assert isinstance(value, tuple)
        out = ["    charge_maps=("]
        for name, rows in value:
            out += [f'        ("{name}", (', *(f"            {row}," for row in rows), "        )),"]
        return [*out, f"    ),{said}"]
    line = f"    {field}={_literal(value)},{said}"
    if len(line) <= WIDTH_columns and not (isinstance(value, tuple) and len(value) > 15):
        return [line]
    if not isinstance(value, tuple):
        return [f"    {field}={_literal(value)},", *([f"    # {source}"] if source else [])]
    numbers = textwrap.wrap(", ".join(map(str, value)) + ",", 96)
    return [f"    {field}=(", *("        " + row for row in numbers), f"    ),{said}"]


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
