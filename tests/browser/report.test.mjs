// The report of a replay in a real browser: what it shows against its data, at the size of a phone
// and of a desktop, light and dark. `cargo xtask browser` sets up what this needs.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { exact, shows } from "./figures.mjs";
import * as page from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const reports = needed("BULWARK_REPORTS");
const shots = process.env.BULWARK_SHOTS;
const names = readdirSync(reports)
  .filter((name) => name.endsWith(".html"))
  .map((name) => name.slice(0, -".html".length));

const SIZES = { phone: { width: 375, height: 812 }, desktop: { width: 1280, height: 800 } };
const WIDTHS = [320, 360, 639, 640, 1119, 1120, 1920];
/** Smallest text anywhere, pixels. */
const TEXT = 12;
/** Least contrast of text. */
const CONTRAST = 4.5;

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: needed("BULWARK_CHROMIUM"),
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
    ],
  });
});

after(() => browser?.close());

function needed(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run \`cargo xtask browser\``);
  return value;
}

/** Opens a report; `watched` gets whatever it says, throws or asks for. */
async function open(name, size, colorScheme, kind = "html") {
  const context = await browser.newContext({ viewport: size, colorScheme });
  const opened = await context.newPage();
  const address = pathToFileURL(join(reports, `${name}.${kind}`)).href;
  const watched = [];
  opened.on("console", (message) => watched.push(`console: ${message.text()}`));
  opened.on("pageerror", (error) => watched.push(`error: ${error.message}`));
  opened.on("request", (request) => {
    const asked = request.url();
    if (asked !== address && !asked.startsWith("data:")) watched.push(`request: ${asked}`);
  });
  await opened.goto(address);
  return { opened, watched, close: () => context.close() };
}

test("there are reports to look at", () => assert.ok(names.length > 0, reports));

for (const name of names) {
  for (const [device, size] of Object.entries(SIZES)) {
    for (const scheme of ["light", "dark"]) {
      describe(`${name}, ${device}, ${scheme}`, () => look(name, device, size, scheme));
    }
  }
  test(`${name}: no width scrolls sideways`, async () => {
    const { opened, close } = await open(name, SIZES.phone, "light");
    for (const width of WIDTHS) {
      await opened.setViewportSize({ width, height: 800 });
      const { client, scroll } = await opened.evaluate(page.widths);
      assert.equal(scroll, client, `${width} pixels: the page is ${scroll} wide`);
      const cut = await opened.evaluate(page.cutCharts);
      assert.deepEqual(cut, [], `${width} pixels: text of charts is cut`);
    }
    await close();
  });
  test(`${name}: the picture is whole`, async () => {
    const { opened, watched, close } = await open(name, SIZES.desktop, "dark", "svg");
    assert.deepEqual(await opened.evaluate(page.cutCharts), []);
    assert.deepEqual(watched, []);
    await close();
  });
  test(`${name}: prints`, async () => {
    const { opened, close } = await open(name, { width: 720, height: 1000 }, "dark");
    await opened.emulateMedia({ media: "print" });
    const { client, scroll } = await opened.evaluate(page.widths);
    assert.equal(scroll, client);
    assert.deepEqual(await opened.evaluate(page.paleCharts, CONTRAST), [], "dark inks on paper");
    assert.ok((await opened.pdf()).length > 10_000);
    await close();
  });
}

function look(name, device, size, scheme) {
  let view;
  before(async () => {
    view = await open(name, size, scheme);
  });
  after(() => view.close());

  test("says, throws and fetches nothing", () => assert.deepEqual(view.watched, []));

  test("every figure is that of the data", async () => {
    const data = JSON.parse(readFileSync(join(reports, `${name}.json`), "utf8"));
    const embedded = JSON.parse(await view.opened.textContent("#report-data"));
    assert.deepEqual(withoutTraces(embedded), withoutTraces(data));
    assertThinned(embedded, data);
    const figures = await view.opened.evaluate(page.figures);
    assert.ok(figures.length >= (data.runs.length ? 20 * data.runs.length : 5), "too few figures");
    for (const figure of figures) {
      const at = `${figure.run} ${figure.path}`;
      const wanted = exact(data, figure.run, figure.path);
      assert.equal(figure.value, String(wanted), at);
      assert.equal(figure.machine, figure.value, at);
      assert.ok(shows(figure.text, wanted, figure.unit), `${at}: ${figure.text} for ${wanted}`);
    }
    for (const run of data.runs) {
      const key = `${run.margins}/${run.order}`;
      const shown = figures.filter((figure) => figure.run === key).map((figure) => figure.path);
      for (const path of page.demanded(run)) assert.ok(shown.includes(path), `${key} ${path}`);
    }
  });

  test("nothing scrolls sideways, no text is small", async () => {
    const { client, scroll } = await view.opened.evaluate(page.widths);
    assert.equal(scroll, client);
    await view.opened.evaluate(page.unfold);
    const after = await view.opened.evaluate(page.widths);
    assert.equal(after.scroll, after.client, "unfolded");
    const small = await view.opened.evaluate(page.smallText, TEXT);
    assert.deepEqual(small, []);
  });

  test("charts are legible in their colours", async () => {
    assert.deepEqual(await view.opened.evaluate(page.paleCharts, CONTRAST), []);
  });

  test("axe finds nothing", async () => {
    await view.opened.evaluate(page.unfold);
    await view.opened.evaluate(axe);
    const found = await view.opened.evaluate(page.violations);
    assert.deepEqual(found, []);
  });

  test("headings are in order, charts have names and their numbers", async () => {
    const levels = await view.opened.evaluate(page.headings);
    assert.equal(levels[0], 1);
    assert.equal(levels.filter((level) => level === 1).length, 1);
    levels.forEach((level, at) => assert.ok(at === 0 || level <= levels[at - 1] + 1, levels.join()));
    assert.deepEqual(await view.opened.evaluate(page.figuresWithoutParts), []);
    assert.deepEqual(await view.opened.evaluate(page.landmarks), ["header", "nav", "main", "footer"]);
  });

  test("the keyboard reaches everything", async () => {
    await view.opened.reload();
    const wanted = await view.opened.evaluate(page.focusable);
    await view.opened.keyboard.press("Tab");
    assert.equal(await view.opened.evaluate(page.focused), "skip", "the skip link comes first");
    assert.ok(await view.opened.evaluate(page.focusIsVisible), "the skip link shows up");
    const reached = new Set();
    for (let press = 0; press < wanted.length + 3; press += 1) {
      const here = await view.opened.evaluate(page.mark);
      if (here !== null) reached.add(here);
      await view.opened.keyboard.press("Tab");
    }
    assert.deepEqual(wanted.filter((one) => !reached.has(one)), []);
    if (!(await view.opened.evaluate(page.focusFolded))) return;
    await view.opened.keyboard.press("Enter");
    assert.ok(await view.opened.evaluate(page.isUnfolded), "Enter unfolds what is folded");
  });

  if (!shots) return;
  test("a picture of it is kept", async () => {
    mkdirSync(shots, { recursive: true });
    await view.opened.reload();
    const path = join(shots, `${name}-${device}-${scheme}.png`);
    await view.opened.screenshot({ path, fullPage: true });
  });
}

/** Columns of a run that are thinned in the page. */
const THINNED = ["funds", "covers"];

/** Traces are thinned in the page; everything else has to be equal. */
function withoutTraces(report) {
  const runs = report.runs.map((run) => ({
    ...run,
    ...Object.fromEntries(THINNED.map((name) => [name, null])),
    markets: run.markets.map((market) => ({ ...market, trace: null })),
  }));
  return { ...report, runs };
}

/** What is left of a trace are rows of it, in their order, from its first to its last. */
function assertThinned(embedded, data) {
  const traces = (run) => [...THINNED.map((name) => run[name]), ...run.markets.map((one) => one.trace)];
  for (const [at, run] of data.runs.entries()) {
    const kept = traces(embedded.runs[at]);
    for (const [place, all] of traces(run).entries()) {
      const names = Object.keys(all ?? {});
      const rows = (from) => (from?.at_unix ?? []).map((_, row) => names.map((name) => from[name][row]).join());
      const [left, whole] = [rows(kept[place]), rows(all)];
      let found = -1;
      for (const row of left) {
        found = whole.indexOf(row, found + 1);
        assert.ok(found >= 0, `run ${at}, trace ${place}: ${row} isn't one of its rows, or not in order`);
      }
      assert.deepEqual([left[0], left.at(-1)], [whole[0], whole.at(-1)], "its ends are kept");
    }
  }
}
