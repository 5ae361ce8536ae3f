// Figures of a report, computed and read a second time: independently of what made the page.

/** The exact integer of a figure, out of the data. */
export function exact(data, run, path) {
  if (run === "scenario") return follow(data.scenario, path);
  const found = data.runs.find((one) => `${one.margins}/${one.order}` === run);
  if (!found) throw new Error(`no run ${run}`);
  if (!path.startsWith("derived.")) return follow(found, path);
  const { figures } = found;
  const share = (part, whole) => Math.floor((part * 1e6) / Math.max(whole, 1));
  switch (path) {
    case "derived.liquidated_ppm":
      return share(figures.accounts_liquidated, figures.accounts);
    case "derived.bad_debt_ppm":
      return share(figures.bad_debt_e6, figures.notional_e6);
    case "derived.per_second":
      return Math.floor((figures.transactions * 1000) / Math.max(figures.milliseconds, 1));
    default:
      throw new Error(`what is ${path}?`);
  }
}

function follow(value, path) {
  const found = path.split(".").reduce((at, key) => at?.[key], value);
  if (!Number.isSafeInteger(found)) throw new Error(`${path} is ${found}`);
  return found;
}

/** How much of each unit one of the data is, and what a text of it must look like. */
const UNITS = {
  "usd-e6": { one: 1e6, form: /^−?\$([\d,]+(?:\.\d\d)?)$/ },
  "usd-e8": { one: 1e8, form: /^\$([\d,]+(?:\.\d+)?)$/ },
  "percent-ppm": { one: 1e4, form: /^([\d,]+(?:\.\d\d)?)\u00a0%$/ },
  "bp-ppm": { one: 1e2, form: /^([\d,]+(?:\.\d\d)?)\u00a0bp$/ },
  count: { one: 1, form: /^([\d,]+)$/ },
  "compute-units": { one: 1, form: /^([\d,]+)$/ },
  ms: { one: 1e3, form: /^([\d,]+(?:\.\d)?)\u00a0s$/ },
};

/** Whether `text` is a fair way to write `value`: its unit, its sign, within half a last digit. */
export function shows(text, value, unit) {
  if (unit === "unix") return Date.parse(`${text} UTC`) / 1000 === value - (value % 60);
  if (unit === "s") return showsDuration(text, value);
  const { one, form } = UNITS[unit];
  if (/under /.test(text)) return value !== 0 && Math.abs(value / one) < 0.1;
  const found = form.exec(text);
  if (!found || text.startsWith("−") !== value < 0) return false;
  const digits = found[1].replaceAll(",", "");
  if (found[1] !== grouped(digits)) return false;
  if (value === 0) return digits === "0";
  const places = digits.split(".")[1]?.length ?? 0;
  return Math.abs(Number(digits) - Math.abs(value) / one) <= 0.5 * 10 ** -places + 1e-9;
}

function grouped(digits) {
  const [whole, rest] = digits.split(".");
  const shown = Number(whole).toLocaleString("en-US");
  return rest === undefined ? shown : `${shown}.${rest}`;
}

/** Two parts at most, the larger first: what is left over is less than one of the last. */
function showsDuration(text, value) {
  const sizes = { d: 86_400, h: 3_600, min: 60, s: 1 };
  let [sum, last] = [0, 1];
  for (const part of text.split(" ")) {
    const [count, unit] = part.split("\u00a0");
    if (!(unit in sizes)) return false;
    last = sizes[unit];
    sum += Number(count) * last;
  }
  return value >= sum && value - sum < last;
}
