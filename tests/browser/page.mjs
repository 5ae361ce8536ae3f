// Functions that run inside of the page; each is sent there alone.

export function widths() {
  const root = document.documentElement;
  return { client: root.clientWidth, scroll: root.scrollWidth };
}

/** Every figure as it is marked and as it is shown. */
export function figures() {
  return [...document.querySelectorAll("[data-figure]")].map((one) => ({
    run: one.dataset.run,
    path: one.dataset.figure,
    value: one.dataset.value,
    unit: one.dataset.unit,
    machine: one.value,
    text: one.textContent.trim(),
  }));
}

/** Figures that the page must show of a run. Runs outside of the page. */
export function demanded(run) {
  const of = (key) => Object.keys(run[key]).map((field) => `${key}.${field}`);
  const markets = run.markets.flatMap((_, at) => [
    `markets.${at}.average_initial_margin_ppm`,
    `markets.${at}.max_initial_margin_ppm`,
  ]);
  const units = run.instructions.flatMap((_, at) =>
    ["count", "units_max", "units_total"].map((field) => `instructions.${at}.${field}`),
  );
  return [...of("figures"), ...of("paid"), ...markets, ...units];
}

export function unfold() {
  for (const one of document.querySelectorAll("details")) one.open = true;
}

/** Visible text below a height in pixels, as it is on the screen. */
export function smallText(least) {
  const small = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility()) continue;
    if (parent.closest("script, title, desc")) continue;
    const svg = parent.ownerSVGElement;
    const scale = svg ? svg.getScreenCTM().a : 1;
    const height = parseFloat(getComputedStyle(parent).fontSize) * scale;
    if (height < least) small.set(node.textContent.trim(), height);
  }
  return [...small];
}

/** Text of a chart that lies outside of its drawing, or on other text of it. */
export function cutCharts() {
  const bad = [];
  for (const chart of document.querySelectorAll("svg.chart, svg:root")) {
    if (!chart.checkVisibility()) continue;
    const frame = chart.getBoundingClientRect();
    const boxes = [...chart.querySelectorAll("text")].map((text) => ({
      words: text.textContent.trim(),
      box: text.getBoundingClientRect(),
    }));
    for (const [at, { words, box }] of boxes.entries()) {
      const out = box.left < frame.left - 1 || box.right > frame.right + 1;
      if (out || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        bad.push(`${chart.querySelector("title").textContent}: ${words} is cut`);
      }
      for (const other of boxes.slice(at + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // Boxes of text are higher than its letters.
        if (across > 1 && down > box.height * 0.4) bad.push(`${words} lies on ${other.words}`);
      }
    }
  }
  return bad;
}

/** Text of charts, which axe leaves out, whose contrast to what is behind is below `least`. */
export function paleCharts(least) {
  const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [less, more] = [light(a), light(b)].sort((x, y) => x - y);
    return (more + 0.05) / (less + 0.05);
  };
  const bad = [];
  for (const chart of document.querySelectorAll("svg.chart")) {
    const behind = getComputedStyle(chart.closest("figure")).backgroundColor;
    for (const text of chart.querySelectorAll("text")) {
      const found = contrast(getComputedStyle(text).fill, behind);
      if (found < least) bad.push(`${text.textContent.trim()}: ${found.toFixed(2)}`);
    }
    for (const part of chart.querySelectorAll("[class^='k-'], [class^='f-']")) {
      const style = getComputedStyle(part);
      const quiet = /-(grid|axis|episode|paper)$/.test(part.getAttribute("class"));
      const color = part.getAttribute("class").startsWith("k-") ? style.stroke : style.fill;
      // What is drawn needs less than what is read; a grid and a shade need not be seen at all.
      if (!quiet && contrast(color, behind) < 3) bad.push(`${part.getAttribute("class")}: ${color}`);
    }
  }
  return [...new Set(bad)];
}

/** What axe finds, short enough to read. */
export async function violations() {
  const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => {
    const nodes = one.nodes.slice(0, 3).map((node) => node.target.join(" "));
    return `${one.id}: ${one.help} (${nodes.join("; ")})`;
  });
}

export function headings() {
  const all = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  return all.filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]));
}

export function landmarks() {
  const all = [...document.querySelectorAll("body > header, nav, main, body > footer")];
  return all.map((one) => one.tagName.toLowerCase());
}

/** Figures that lack a caption, a table, or a chart with a name and a description. */
export function figuresWithoutParts() {
  const bad = [];
  for (const one of document.querySelectorAll("figure")) {
    const charts = [...one.querySelectorAll("svg.chart")];
    const named = charts.every((chart) => {
      const ids = chart.getAttribute("aria-labelledby").split(" ");
      const texts = ids.map((id) => document.getElementById(id)?.textContent.trim());
      return chart.getAttribute("role") === "img" && texts.length === 2 && texts.every(Boolean);
    });
    const shown = charts.filter((chart) => getComputedStyle(chart).display !== "none");
    const drawn = charts.every((chart) => chart.querySelector("polyline, rect, path, text"));
    const heads = [...one.querySelectorAll("th")];
    const scoped = heads.length > 0 && heads.every((head) => head.scope);
    const caption = one.querySelector("figcaption")?.textContent.trim();
    const table = one.querySelector("details table caption");
    if (!(named && drawn && shown.length === 1 && scoped && caption && table)) bad.push(one.id);
  }
  return bad;
}

/** Numbers everything that the keyboard must reach, and returns the numbers. */
export function focusable() {
  const all = [...document.querySelectorAll("a[href], summary, [tabindex='0']")];
  const shown = all.filter((one) => one.checkVisibility({ contentVisibilityAuto: true }));
  shown.forEach((one, at) => one.setAttribute("data-stop", at));
  return shown.map((_, at) => String(at));
}

export function focused() {
  return document.activeElement?.className ?? "";
}

export function focusIsVisible() {
  const box = document.activeElement.getBoundingClientRect();
  const style = getComputedStyle(document.activeElement);
  return box.left >= 0 && box.top >= 0 && parseFloat(style.outlineWidth) >= 2;
}

/** The number of what has the focus; a focus that nobody sees doesn't count. */
export function mark() {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return seen ? here.getAttribute("data-stop") : null;
}

/** Puts the focus on the first folded part; false if there is none. */
export function focusFolded() {
  const summary = document.querySelector("details:not([open]) > summary");
  summary?.focus();
  return Boolean(summary);
}

/** Whether what has the focus is unfolded, its table on the screen. */
export function isUnfolded() {
  const folded = document.activeElement.closest("details");
  return folded.open && folded.querySelector("table").checkVisibility();
}
