/* Dashboards: charts out of the numbers in script blocks, their tables, and a fresh page now and then.

   data-chart="<id>"         the place of a chart; data-chart-data="<id>" holds its numbers
   data-chart-table="<id>"   the button that shows the table instead
   data-refresh="<seconds>"  loads the page again while it is seen and nobody works in it */
const root = document.documentElement;
const drawn = new Map();

function token(name) {
  return getComputedStyle(root).getPropertyValue(`--i-${name}`).trim();
}

function short(value) {
  return new Intl.NumberFormat(root.lang || undefined, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

function clip(text, most = 18) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function base() {
  const text = { color: token("fg-2"), fontSize: 11, fontFamily: getComputedStyle(document.body).fontFamily };
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 240,
    color: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => token(`c${number}`)),
    textStyle: text,
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: token("raised"),
      borderColor: token("line-2"),
      textStyle: { ...text, color: token("fg"), fontSize: 12 },
    },
  };
}

function told(data, at) {
  const named = data.series.map((series) => `${series.texts[at]} ${series.name}`.trim());
  return `${data.labels[at]}\n${named.join("\n")}`;
}

function legend(data) {
  return data.series.length > 1 ? { top: 0, textStyle: { color: token("fg-2") }, itemWidth: 10, itemHeight: 10 } : undefined;
}

function pie(data) {
  const [series] = data.series;
  const items = data.labels.map((name, at) => ({ name, value: series.values[at] }));
  const label = { color: token("fg-2"), formatter: ({ name }) => clip(name) };
  return {
    ...base(),
    tooltip: { ...base().tooltip, trigger: "item", formatter: ({ dataIndex }) => told(data, dataIndex) },
    series: [{ type: "pie", radius: ["45%", "72%"], data: items, label, itemStyle: { borderColor: token("surface"), borderWidth: 2 } }],
  };
}

function bars(data) {
  const lying = data.kind === "bar";
  const line = { lineStyle: { color: token("line-2") } };
  const labels = { color: token("fg-2"), formatter: (text) => clip(text) };
  const names = { type: "category", data: data.labels, axisLine: line, axisTick: { show: false }, axisLabel: labels, inverse: lying };
  const figures = { type: "value", splitLine: { lineStyle: { color: token("line") } }, axisLabel: { color: token("fg-3"), formatter: short } };
  const drawnAs = data.kind === "line" || data.kind === "area" ? "line" : "bar";
  return {
    ...base(),
    legend: legend(data),
    grid: { left: 4, right: 20, top: data.series.length > 1 ? 30 : 10, bottom: 4, containLabel: true },
    tooltip: { ...base().tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([first]) => told(data, first.dataIndex) },
    xAxis: lying ? figures : names,
    yAxis: lying ? names : figures,
    series: data.series.map(({ name, values }) => ({
      type: drawnAs,
      name,
      data: values,
      barMaxWidth: 26,
      areaStyle: data.kind === "area" ? { opacity: 0.15 } : undefined,
      itemStyle: { borderRadius: 2 },
    })),
  };
}

/* Lying bars around one axis: an unseen bar of half of what is missing stands before each. */
function funnel(data) {
  const [{ name, values }] = data.series;
  const most = Math.max(...values, 0);
  const options = bars({ ...data, kind: "bar" });
  const label = { show: true, color: "#fff", formatter: ({ dataIndex }) => short(values[dataIndex]) };
  const unseen = { itemStyle: { color: "transparent" }, silent: true, data: values.map((value) => (most - value) / 2) };
  options.xAxis = { type: "value", show: false, max: most || 1 };
  options.series = [
    { type: "bar", stack: "funnel", ...unseen },
    { type: "bar", stack: "funnel", name, data: values, label, itemStyle: { borderRadius: 2 }, barMaxWidth: 34 },
  ];
  return options;
}

const DRAWN = { pie, funnel };

function draw(place) {
  const id = place.dataset.chart;
  const data = JSON.parse(document.querySelector(`[data-chart-data="${id}"]`).textContent);
  drawn.get(id)?.dispose();
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption((DRAWN[data.kind] ?? bars)(data));
  chart.on("click", ({ dataIndex }) => location.assign(data.links[dataIndex]));
  drawn.set(id, chart);
  place.dataset.drawn = "";
}

function drawAll() {
  document.querySelectorAll("[data-chart]").forEach(draw);
}

function toggle(button) {
  const id = button.dataset.chartTable;
  const table = document.getElementById(`table-${id}`);
  table.hidden = !table.hidden;
  document.querySelector(`[data-chart-box="${id}"]`).hidden = !table.hidden;
  button.setAttribute("aria-pressed", String(!table.hidden));
  if (table.hidden) drawn.get(id)?.resize();
}

function refresh(seconds) {
  setInterval(() => {
    const busy = document.querySelector("dialog[open]") || document.activeElement?.closest("[data-dashboard]");
    if (document.visibilityState === "visible" && !busy) location.reload();
  }, seconds * 1000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chart-table]");
  if (button) toggle(button);
});
window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
if (window.echarts) {
  drawAll();
  new MutationObserver(drawAll).observe(root, { attributes: true, attributeFilter: ["data-bs-theme", "data-contrast"] });
}
const every = document.querySelector("[data-refresh]");
if (every) refresh(Number(every.dataset.refresh));
