// Draws every <div class="chart" data-option="…"> of a page, or of a part that was put in later; the option is
// ECharts' own, as JSON.
"use strict";

function drawCharts(part) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const place of part.querySelectorAll(".chart[data-option]")) {
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption({ animation: !calm, textStyle: { fontFamily: "inherit" }, ...JSON.parse(place.dataset.option) });
  }
}

document.addEventListener("DOMContentLoaded", () => {
  drawCharts(document);
  window.addEventListener("resize", () => {
    for (const place of document.querySelectorAll(".chart[data-option]")) echarts.getInstanceByDom(place)?.resize();
  });
});
