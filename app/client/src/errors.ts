/** Refusals of the program: code, name, broken rule, and what to do next. */

import { ADVICE } from "./advice.js";
import { BULWARK_ERRORS, type BulwarkErrorName } from "./generated/errorTable.js";

export type { BulwarkErrorName } from "./generated/errorTable.js";

/** What the program refused, and why. */
export interface Refusal {
  /** Code as the transaction's error carries it. */
  readonly code: number;
  /** Name. */
  readonly name: BulwarkErrorName;
  /** The rule that would have been broken. */
  readonly rule: string;
  /** What to do next. */
  readonly advice: string;
  /** The two numbers that clashed, where the program logged them: USD in 1e-6, or tokens. */
  readonly numbers?: { readonly have: bigint; readonly need: bigint };
}

const BY_CODE = new Map<number, (typeof BULWARK_ERRORS)[number]>(
  BULWARK_ERRORS.map((entry) => [entry.code, entry]),
);

/** The refusal of a code; nothing if the code isn't the program's. */
export function refusalOf(code: number, logs: readonly string[] = []): Refusal | null {
  const entry = BY_CODE.get(code);
  if (!entry) return null;
  const numbers = clashed(code, logs);
  const advice = ADVICE[entry.name] ?? "See docs/operations.md.";
  return { ...entry, advice, ...(numbers ? { numbers } : {}) };
}

/** The program logs `0x<code>, 0x<have>, 0x<need>, 0x0, 0x0` first; `have` is signed. */
function clashed(code: number, logs: readonly string[]): Refusal["numbers"] {
  const prefix = `Program log: 0x${code.toString(16)}, `;
  const line = logs.findLast((one) => one.startsWith(prefix));
  const found = line && /^(0x[0-9a-f]+), (0x[0-9a-f]+), 0x0, 0x0$/.exec(line.slice(prefix.length));
  if (!found?.[1] || !found[2]) return undefined;
  return { have: BigInt.asIntN(64, BigInt(found[1])), need: BigInt(found[2]) };
}

/** How deep causes are followed. */
const DEPTH = 8;

/**
 * The refusal inside an error of kit, of litesvm, or of anything that carries a custom code in
 * `context.code`, `code` or a `cause`; nothing if there is none.
 */
export function refusalFrom(error: unknown, logs: readonly string[] = []): Refusal | null {
  let at: unknown = error;
  for (let depth = 0; depth < DEPTH && typeof at === "object" && at !== null; depth += 1) {
    const one = at as { context?: unknown; code?: unknown; cause?: unknown; logs?: unknown };
    const context = (one.context ?? {}) as { code?: unknown; logs?: unknown };
    const said = [context.logs, one.logs].find(Array.isArray) as string[] | undefined;
    const code = [context.code, one.code].find((value) => typeof value === "number");
    const found = typeof code === "number" ? refusalOf(code, said ?? logs) : null;
    if (found) return found;
    at = one.cause;
  }
  return refusalFromLogs(logs);
}

/** The refusal that a failed transaction's logs tell of; nothing if they tell of none. */
export function refusalFromLogs(logs: readonly string[]): Refusal | null {
  for (const line of logs.toReversed()) {
    const found = /custom program error: 0x([0-9a-f]+)/.exec(line);
    const refusal = found?.[1] ? refusalOf(Number.parseInt(found[1], 16), logs) : null;
    if (refusal) return refusal;
  }
  return null;
}

/** A refusal in one line: name and code, rule, numbers, advice. */
export function explain({ code, name, rule, advice, numbers }: Refusal): string {
  const clash = numbers ? ` (has ${numbers.have}, needs ${numbers.need})` : "";
  return `${name} (${code}): ${rule}${clash}. ${advice}`;
}
