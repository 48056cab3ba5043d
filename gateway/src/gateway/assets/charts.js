// Draws every <div class="chart" data-option="…"> of a page; the option is ECharts' own, as JSON.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const charts = [...document.querySelectorAll(".chart[data-option]")].map((place) => {
    const chart = echarts.init(place, null, { renderer: "svg" });
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.setOption({ animation: !calm, textStyle: { fontFamily: "inherit" }, ...JSON.parse(place.dataset.option) });
    return chart;
  });
  window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
});
