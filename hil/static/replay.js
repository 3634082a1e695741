"use strict";
(function () {
  const logs = JSON.parse(document.getElementById("replay").textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const clear = (name) => colour(name) + "2e";
  const font = "12px system-ui, sans-serif";
  const percent = (values) => values.map((v) => 100 * v);

  function draw(host, key, unit, height, time, lines, bands) {
    if (!host) return;
    host.textContent = "";
    const ink = colour("ink"), grid = { stroke: colour("grid"), width: 1 };
    const axis = { stroke: ink, font, labelFont: font, grid, ticks: grid, labelSize: 18, labelGap: 0 };
    const series = lines.map(([label, , tone]) =>
      ({ label, stroke: tone ? colour(tone) : "transparent", width: 1.5, value: (u, v) => (v === null ? "–" : v.toPrecision(4)), points: { show: false } }));
    new uPlot({
      width: Math.max(host.clientWidth, 300), height,
      cursor: { y: false, sync: { key } },
      legend: { live: true },
      scales: { x: { time: false } },
      bands: bands.map((pair) => ({ series: pair, fill: clear("bms") })),
      axes: [{ ...axis, label: "time (min)" }, { ...axis, label: unit, size: 62 }],
      series: [{ label: "min", value: (u, v) => (v === null ? "–" : v.toFixed(1)) }, ...series],
    }, [time, ...lines.map((line) => line[1])], host);
  }

  function build() {
    logs.forEach((log, index) => {
      const place = (kind) => document.getElementById("plot-" + index + "-" + kind);
      const key = "log" + index, time = log.time_s.map((t) => t / 60), soc = percent(log.soc);
      const far = log.sigma.map((s) => 200 * s);
      const high = soc.map((v, i) => v + far[i]), low = soc.map((v, i) => v - far[i]);
      const lines = [["two sigmas above", high, ""], ["two sigmas below", low, ""], ["filter", soc, "bms"]];
      if (log.soc_ref) {
        const truth = percent(log.soc_ref), error = soc.map((v, i) => v - truth[i]);
        lines.push(["log", truth, "truth"]);
        draw(place("error"), key, "error (%)", 150, time,
          [["two sigmas", far, ""], ["minus two sigmas", far.map((v) => -v), ""], ["error", error, "bms"]], [[1, 2]]);
      }
      draw(place("soc"), key, "SoC (%)", 240, time, lines, [[1, 2]]);
      draw(place("parts"), key, "hysteresis, R", 130, time, [["hysteresis", log.hysteresis, "second"], ["R against the cell file", log.r_scale, "limit"]], []);
      draw(place("inputs"), key, "V", 150, time, [["voltage", log.voltage_V, "truth"]], []);
    });
  }
  build();
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(build, 200); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
})();
