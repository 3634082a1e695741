"use strict";
(function () {
  const D = JSON.parse(document.getElementById("run").textContent);
  const AXIS = 80, RIGHT = 24, LANE = 22, GAP = 4;
  const ratio = () => window.devicePixelRatio || 1;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const end = Math.max(D.end_s, (D.time_s[D.time_s.length - 1] || 0), 1);
  const charts = [];
  const clock = (s) => {
    const tenths = Math.round(s * 10);
    return Math.floor(tenths / 600) + ":" + String(Math.floor((tenths % 600) / 10)).padStart(2, "0") + "." + (tenths % 10);
  };
  // Steps of the time axis in seconds; shown as minutes when far, as min:s when near.
  const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400];
  const ticks = (u, splits, axis, space, step) => splits.map((v) => (step >= 60 ? String(Math.round(v / 60)) : clock(v)));
  const places = (u, axis, min, max, step) => {
    const out = [];
    for (let n = Math.ceil(min / step - 1e-6); n * step <= max + step * 1e-6; n++) out.push(n * step);
    return out;
  };
  const faded = (name, alpha) => {
    const hex = colour(name).slice(1);
    const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  };
  const role = (r) => colour(r === "faint" ? "bms" : r);

  // One time axis for all: zooming one zooms all.
  let moving = false;
  function follow(u, key) {
    if (key !== "x" || moving) return;
    moving = true;
    const { min, max } = u.scales.x;
    for (const other of charts) if (other !== u) other.setScale("x", { min, max });
    moving = false;
  }
  const pointer = (type) => type === "mousemove" || type === "mouseleave";
  function common(height) {
    const ink = colour("ink"), grid = colour("grid");
    const font = "12px system-ui, sans-serif";
    return {
      width: 600, height,
      padding: [8, RIGHT, 0, 0],
      legend: { markers: { width: 2, dash: (u, i) => (u.series[i].dash ? "dashed" : "solid") } },
      cursor: { y: false, drag: { x: true, y: false, dist: 4 }, sync: { key: "run", setSeries: false, scales: ["x", null], filters: { pub: pointer, sub: pointer } }, points: { size: 5 } },
      scales: { x: { time: false, range: (u, min, max) => (min === null || max - min < 1e-2 ? [0, end] : [min, max]) } },
      axes: [
        { stroke: ink, font, labelFont: font, label: "time (min)", incrs: STEPS, splits: places, values: ticks, space: 60, labelSize: 18, size: 30, labelGap: 0, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, gap: 3 },
        { stroke: ink, font, labelFont: font, size: AXIS - 18, labelSize: 18, labelGap: 0, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, gap: 3 },
      ],
    };
  }
  const MARKS = { fault: "fault", injection: "inject", phase: "line" };
  function marks(u) {
    const c = u.ctx, { left, top, width, height } = u.bbox;
    c.save();
    c.beginPath(); c.rect(left, top, width, height); c.clip();
    for (const [at, kind] of D.marks) {
      const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
      c.strokeStyle = colour(MARKS[kind]); c.lineWidth = ratio();
      c.setLineDash(kind === "injection" ? [4 * ratio(), 3 * ratio()] : []);
      c.globalAlpha = kind === "phase" ? 1 : 0.75;
      c.beginPath(); c.moveTo(x, top); c.lineTo(x, top + height); c.stroke();
    }
    c.restore();
  }

  // Plots.
  function limitLines(u, plot) {
    const c = u.ctx, { left, top, width, height } = u.bbox, { min, max } = u.scales.y;
    if (min === null || max === null) return;
    c.save();
    c.beginPath(); c.rect(left, top, width, height); c.clip();
    c.font = 11 * ratio() + "px system-ui, sans-serif"; c.textAlign = "right";
    let last = null;
    for (const [value, text, tone] of [...plot.limits].sort((a, b) => b[0] - a[0])) {
      if (value < min || value > max) continue;
      const y = Math.round(u.valToPos(value, "y", true)) + 0.5;
      c.strokeStyle = c.fillStyle = colour(tone); c.lineWidth = ratio();
      c.setLineDash([7 * ratio(), 5 * ratio()]);
      c.beginPath(); c.moveTo(left, y); c.lineTo(left + width, y); c.stroke();
      if (text && (last === null || y - last > 12 * ratio())) {
        const below = y - top < 13 * ratio();
        c.textBaseline = below ? "top" : "bottom";
        c.fillText(text, left + width - 5 * ratio(), y + (below ? 2 : -2) * ratio());
        last = y;
      }
    }
    c.restore();
  }
  function yRange(plot, shown) {
    return (u, min, max) => {
      if (min === null || max === null) return [0, 1];
      const x = u.scales.x, span = shown.wide ? plot.limit_span : plot.span;
      if (span && x.max - x.min > 0.95 * end) [min, max] = span;  // the whole run: brief beliefs do not stretch the axis
      if (shown.wide) for (const [value] of plot.limits) { min = Math.min(min, value); max = Math.max(max, value); }
      const pad = Math.max((max - min) * 0.07, Math.abs(max) * 0.002, 0.02);
      return [min - pad, max + pad];
    };
  }
  const wides = {};
  function draw(plot) {
    const host = document.getElementById("plot-" + plot.key);
    const shown = wides[plot.key] || (wides[plot.key] = { wide: plot.wide });
    const opts = common(plot.height);
    opts.scales.y = { range: yRange(plot, shown) };
    opts.axes[1].label = plot.unit;
    opts.series = [{ label: "time", value: (u, v) => (v === null ? "–" : clock(v)) }].concat(plot.lines.map((line) => ({
      label: line.label,
      scale: "y",
      auto: !line.limit || shown.wide,
      stroke: line.role === "faint" ? faded("bms", 0.45) : role(line.role),
      width: line.role === "truth" ? 1.6 : 1.2,
      dash: line.dashed ? [6, 4] : undefined,
      paths: line.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
      points: { show: D.time_s.length < 3 },
      value: (u, v) => (v === null || v === undefined ? "–" : v.toFixed(line.decimals)),
    })));
    opts.bands = plot.bands.map(([upper, lower, r, alpha]) => ({ series: [upper + 1, lower + 1], fill: faded(r, alpha) }));
    opts.hooks = {
      drawAxes: [marks], draw: [(u) => limitLines(u, plot)], setScale: [follow],
    };
    const u = new uPlot(opts, [D.time_s, ...plot.lines.map((line) => line.values)], host);
    u.host = host;
    charts.push(u);
    return u;
  }
  function choice(plot) {
    if (!plot.choice) return;
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox"; box.checked = wides[plot.key].wide;
    label.append(box, " axis holds the limits");
    document.querySelector("#figure-" + plot.key + " figcaption").append(label);
    box.addEventListener("change", () => { wides[plot.key].wide = box.checked; build(); });
  }

  // What happened.
  function lanes() {
    const host = document.getElementById("lanes");
    const flat = D.lanes.flatMap((lane) => lane.rows.map((items, i) => ({ name: i ? "" : lane.name, items })));
    const opts = common(flat.length * (LANE + GAP) + 8 + 48 + 2);
    const readout = document.getElementById("readout");
    opts.legend = { show: false };
    opts.cursor.points = { show: false };
    opts.scales.y = { range: () => [0, 1] };
    Object.assign(opts.axes[1], { splits: () => [], grid: { show: false }, ticks: { show: false }, size: AXIS, label: undefined });
    opts.series = [{}, { scale: "y" }];
    const paint = (u) => {
      const c = u.ctx, k = ratio(), { left, top, width, height } = u.bbox;
      c.save();
      c.font = 12 * k + "px system-ui, sans-serif"; c.textBaseline = "middle";
      flat.forEach((row, i) => {
        const y = top + i * (LANE + GAP) * k, h = LANE * k;
        c.fillStyle = colour("soft"); c.textAlign = "right";
        c.fillText(row.name, left - 8 * k, y + h / 2);
      });
      c.beginPath(); c.rect(left, top, width, height); c.clip();
      c.textAlign = "left";
      flat.forEach((row, i) => {
        const y = top + i * (LANE + GAP) * k, h = LANE * k;
        row.items.forEach(([from, to, text, tone], n) => {
          const a = u.valToPos(from, "x", true), b = u.valToPos(to, "x", true);
          if (b < left || a > left + width) return;
          const w = Math.max(b - a - k, 2.5 * k);
          c.fillStyle = colour("tone-" + tone);
          c.fillRect(a, y, w, h);
          const from_px = Math.max(a, left) + 5 * k;
          const next = row.items[n + 1];
          const room = Math.min(next ? u.valToPos(next[0], "x", true) : left + width, left + width) - from_px;
          c.fillStyle = colour("lane-ink");
          const wide = c.measureText(text).width;
          if (wide < Math.max(Math.min(a + w, left + width) - from_px - 2 * k, next ? 0 : room)) c.fillText(text, from_px, y + h / 2);
          else if (!next && wide < a - left - 8 * k && (n === 0 || u.valToPos(row.items[n - 1][1], "x", true) < a - wide - 8 * k)) {
            c.textAlign = "right"; c.fillText(text, a - 4 * k, y + h / 2); c.textAlign = "left";
          }
        });
      });
      c.restore();
    };
    const tell = (u) => {
      const { left } = u.cursor;
      if (left === undefined || left < 0) { readout.textContent = ""; return; }
      const at = u.posToVal(left, "x");
      readout.textContent = "";
      const add = (name, text) => {
        const b = document.createElement("b");
        b.textContent = text;
        readout.append(readout.childNodes.length ? " · " + name + " " : name + " ", b);
      };
      add("at", clock(at));
      for (const lane of D.lanes) {
        const now = lane.rows.flat().filter(([from, to]) => from <= at && at < to + 1e-9).map((item) => item[2]);
        if (now.length) add(lane.name, now.join(", "));
      }
    };
    opts.hooks = { draw: [marks, paint], setCursor: [tell], setScale: [follow] };
    const u = new uPlot(opts, [[0, end], [null, null]], host);
    u.host = host;
    charts.push(u);
  }

  // Buttons that zoom to a phase, or to what followed an injection.
  function zooms() {
    const host = document.getElementById("zooms");
    const spans = [["all", 0, end]];
    for (const lane of D.lanes) {
      if (lane.name === "phase") for (const [from, to, text] of lane.rows.flat()) spans.push([text, from, to]);
    }
    for (const [from, to, text] of D.reactions) spans.push(["⚡ " + text, from, to]);
    for (const [text, from, to] of spans) {
      const button = document.createElement("button");
      button.type = "button"; button.textContent = text;
      button.addEventListener("click", () => charts[0].setScale("x", { min: from, max: to }));
      host.append(button);
    }
  }

  function fit() {
    for (const u of charts) {
      const width = Math.max(u.host.clientWidth - 6, 160);
      if (width !== u.width) u.setSize({ width, height: u.height });
    }
  }
  function build() {
    const zoom = charts.length ? [charts[0].scales.x.min, charts[0].scales.x.max] : null;
    while (charts.length) charts.pop().destroy();
    lanes();
    if (D.time_s.length) D.plots.forEach(draw);
    fit();
    if (zoom) charts[0].setScale("x", { min: zoom[0], max: zoom[1] });
    else charts[0].setScale("x", { min: 0, max: end });
  }
  build();
  zooms();
  if (D.time_s.length) D.plots.forEach(choice);
  new ResizeObserver(fit).observe(document.getElementById("lanes"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  document.addEventListener("dblclick", (e) => {
    if (e.target.closest && e.target.closest(".uplot")) charts[0].setScale("x", { min: 0, max: end });
  });
  document.documentElement.dataset.drawn = String(charts.length);
})();
