// Charts with more columns than a pointer can tell apart: uPlot draws the same figures again, to be pointed at and looked at
// closely. The server's picture stays for print and for whoever does not see, its table for who wants every figure.
"use strict";
(() => {
  /** What was drawn of each figure: from which text, and by what. */
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
  /** What a figure says now; the chart asks it for every name and value, so that it can be told anew. */
  function read(figure) {
    const { heads, rows } = twin(figure);
    return { ...JSON.parse(figure.dataset.dense), heads, rows };
  }
  const columns = ({ rows, values }) => [rows.map((_, column) => column), ...values];
  function make(figure) {
    const its = { figure, text: figure.dataset.dense, said: read(figure) };
    const marks = [...figure.querySelectorAll(".key line")].map(look);
    const fill = figure.querySelector(".fill1");
    const ink = (query) => getComputedStyle(figure.querySelector(query) ?? figure);
    const [grid, tick] = [ink(".grid").stroke, ink(".tick")];
    const cell = (column, at) => its.said.rows[column]?.[at] ?? "–";
    const axis = { stroke: tick.fill, font: `${tick.fontSize} ${tick.fontFamily}`, ticks: { show: false } };
    const series = its.said.values.map((_, at) => ({
      label: its.said.heads[at + 1],
      ...marks[at],
      fill: at === 0 && fill ? getComputedStyle(fill).fill : undefined,
      paths: its.said.isStep ? uPlot.paths.stepped({ align: 1 }) : undefined,
      points: { show: false },
      value: (_, __, ___, column) => cell(column, at + 1),
    }));
    its.chart = new uPlot({
      width: figure.clientWidth,
      height: HEIGHT,
      legend: { markers: { show: false } },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: () => [its.said.low, its.said.high] } },
      // Where nothing is pointed at, the last day is told.
      hooks: { setCursor: [(chart) => { if (chart.cursor.idx == null) chart.setLegend({ idx: its.said.rows.length - 1 }, false); }] },
      series: [{ label: its.said.heads[0], value: (_, column) => cell(column, 0) }, ...series],
      axes: [
        { ...axis, grid: { show: false }, space: 96, incrs: [1, 2, 5, 7, 14, 30, 60, 90, 180], values: (_, splits) => splits.map((column) => its.said.rows[column]?.[0] ?? "") },
        { ...axis, grid: { stroke: grid, width: 1 }, size: 56, splits: () => its.said.ticks.map(([value]) => value), values: () => its.said.ticks.map(([, name]) => name) },
      ],
    }, columns(its.said));
    its.chart.setLegend({ idx: its.said.rows.length - 1 }, false);
    its.chart.root.setAttribute("aria-hidden", "true");
    place(its);
    return its;
  }
  function place({ figure, chart }) {
    figure.insertBefore(chart.root, figure.querySelector(".twin"));
    figure.classList.add("dense");
  }
  /** New figures of the same days leave whoever looks closely where they are. */
  function tell(its) {
    const { chart, figure } = its;
    const count = its.said.rows.length;
    const { min, max } = chart.scales.x;
    its.text = figure.dataset.dense;
    its.said = read(figure);
    chart.setData(columns(its.said));
    if (its.said.rows.length === count) chart.setScale("x", { min, max });
  }
  function draw() {
    for (const [figure, { chart }] of drawn) {
      if (figure.isConnected) continue;
      chart.destroy();
      drawn.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure[data-dense]")) {
      if (!isRoom(figure)) continue;
      const its = drawn.get(figure);
      if (!its) { drawn.set(figure, make(figure)); continue; }
      // A page that took over what is new knows nothing of what was drawn.
      if (!its.chart.root.isConnected) place(its);
      if (its.text !== figure.dataset.dense) tell(its);
    }
  }
  function again() {
    for (const { chart } of drawn.values()) chart.destroy();
    drawn.clear();
    draw();
  }
  draw();
  new MutationObserver(draw).observe(document.querySelector("#main").parentElement, { childList: true, subtree: true, attributeFilter: ["data-dense"] });
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("resize", () => { for (const [figure, { chart }] of drawn) if (isRoom(figure)) chart.setSize({ width: figure.clientWidth, height: HEIGHT }); });
})();
