// Charts with more columns than a pointer can tell apart: uPlot draws the same figures again, to be pointed at and looked at
// closely. The server's picture stays for print and for whoever does not see, its table for who wants every figure.
"use strict";
(() => {
  /** What was drawn of a figure: from which text, and by what. */
  const drawn = new Map();
  const HEIGHT = 208;
  const isRoom = (box) => box && box.clientWidth > 0;

  /** The table under a chart: names of the columns, and every value as it is written. */
  function twin(figure) {
    const table = figure.querySelector(".twin table");
    const texts = (row) => [...row.cells].map((cell) => cell.textContent);
    return { heads: texts(table.tHead.rows[0]), rows: [...table.tBodies[0].rows].map(texts) };
  }
  /** Colors and dashes are those of the key, so that they follow the theme. */
  const look = (mark) => {
    const style = getComputedStyle(mark);
    return { stroke: style.stroke, width: parseFloat(style.strokeWidth), dash: (mark.getAttribute("stroke-dasharray") ?? "").split(" ").filter(Boolean).map(Number) };
  };
  function make(figure, text) {
    const { isStep, low, high, ticks, values } = JSON.parse(text);
    const { heads, rows } = twin(figure);
    const marks = [...figure.querySelectorAll(".key line")].map(look);
    const fill = figure.querySelector(".fill1");
    const ink = (query) => getComputedStyle(figure.querySelector(query) ?? figure);
    const [grid, tick] = [ink(".grid").stroke, ink(".tick")];
    const named = (column) => rows[column]?.[0] ?? "";
    const axis = { stroke: tick.fill, font: `${tick.fontSize} ${tick.fontFamily}`, ticks: { show: false } };
    const series = values.map((_, at) => ({
      label: heads[at + 1],
      ...marks[at],
      fill: at === 0 && fill ? getComputedStyle(fill).fill : undefined,
      paths: isStep ? uPlot.paths.stepped({ align: 1 }) : undefined,
      points: { show: false },
      value: (_, value, __, column) => (column === null || column === undefined ? "–" : rows[column][at + 1]),
    }));
    const chart = new uPlot({
      width: figure.clientWidth,
      height: HEIGHT,
      legend: { markers: { show: false } },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: [low, high] } },
      series: [{ label: heads[0], value: (_, value) => (value === null || value === undefined ? "–" : named(value)) }, ...series],
      axes: [
        { ...axis, grid: { show: false }, space: 72, incrs: [1, 2, 5, 7, 14, 30, 60, 90, 180], values: (_, splits) => splits.map(named) },
        { ...axis, grid: { stroke: grid, width: 1 }, size: 56, splits: () => ticks.map(([value]) => value), values: () => ticks.map(([, name]) => name) },
      ],
    }, [rows.map((_, column) => column), ...values]);
    chart.root.setAttribute("aria-hidden", "true");
    figure.insertBefore(chart.root, figure.querySelector(".twin"));
    figure.classList.add("dense");
    return chart;
  }
  function draw() {
    for (const [figure, { chart }] of drawn) {
      if (figure.isConnected) continue;
      chart.destroy();
      drawn.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure[data-dense]")) {
      if (!isRoom(figure)) continue;
      const text = figure.dataset.dense;
      const before = drawn.get(figure);
      if (before?.text === text) {
        // A page that took over what is new knows nothing of what was drawn.
        if (!before.chart.root.isConnected) figure.insertBefore(before.chart.root, figure.querySelector(".twin"));
        figure.classList.add("dense");
        continue;
      }
      before?.chart.destroy();
      drawn.set(figure, { text, chart: make(figure, text) });
    }
  }
  function again() {
    for (const [figure, { chart }] of drawn) {
      chart.destroy();
      drawn.delete(figure);
    }
    draw();
  }
  draw();
  new MutationObserver(draw).observe(document.querySelector("#main").parentElement, { childList: true, subtree: true, attributeFilter: ["data-dense"] });
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("resize", () => { for (const [figure, { chart }] of drawn) if (isRoom(figure)) chart.setSize({ width: figure.clientWidth, height: HEIGHT }); });
})();
