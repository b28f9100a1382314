"use strict";
// A fault leaves its mark on the page: a reader sees it, and so does a test.
window.addEventListener("error", (event) => {
  document.documentElement.dataset.error = event.message;
});

const figures = JSON.parse(document.getElementById("figures").textContent);

/** Paper and ink of the page, as the style sheet has them now: they differ in the dark and in print. */
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: colour("ink"), soft: colour("soft"), line: colour("line"), card: colour("card"), font: getComputedStyle(document.body).fontFamily };
}

function dress(figure, theme) {
  const { data, layout } = structuredClone({ data: figure.data, layout: figure.layout });
  layout.font = { family: theme.font, size: 12, color: theme.ink };
  layout.hoverlabel = { ...layout.hoverlabel, bgcolor: theme.card, bordercolor: theme.line, font: { color: theme.ink } };
  for (const key of Object.keys(layout).filter((name) => /^[xy]axis/.test(name))) {
    Object.assign(layout[key], { gridcolor: theme.line, linecolor: theme.line, zerolinecolor: theme.line, tickfont: { color: theme.soft } });
  }
  for (const note of layout.annotations ?? []) note.font = { ...note.font, color: theme.soft };
  for (const trace of data.filter((each) => each.meta)) trace.marker.line.color = theme[trace.meta];
  return { data, layout };
}

function drawAll() {
  const theme = readTheme();
  for (const figure of figures) {
    const { data, layout } = dress(figure, theme);
    Plotly.react(figure.id, data, layout, { displayModeBar: false, responsive: true });
  }
  document.documentElement.dataset.charts = figures.length;
}

drawAll();
for (const query of ["(prefers-color-scheme: dark)", "print"]) window.matchMedia(query).addEventListener("change", drawAll);
