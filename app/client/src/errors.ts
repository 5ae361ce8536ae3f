/** Refusals of the program: code, name, broken rule, and what to do next. */

import type { Address } from "@solana/kit";
import { PROGRAM } from "./addresses.js";
import { ADVICE } from "./advice.js";
import { BULWARK_ERRORS, type BulwarkErrorName } from "./generated/errorTable.js";
import { format } from "./units.js";

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
  /** The two numbers that clashed, where the program logged them. */
  readonly numbers?: Clash;
}

/** Two numbers that clashed. */
export interface Clash {
  /** What there is. */
  readonly have: bigint;
  /** What is asked for. */
  readonly need: bigint;
  /** What they are: USD in 1e-6, or tokens of the bank in their smallest unit. */
  readonly unit: ClashUnit;
}

/** Unit of a clash. */
export type ClashUnit = "usdE6" | "tokens";

/** Units by error, as programs/bulwark/src/explain.rs logs them. */
export const CLASH_UNITS: Readonly<Partial<Record<BulwarkErrorName, ClashUnit>>> = {
  BelowInitialMargin: "usdE6",
  ReceiverUnhealthy: "usdE6",
  NotLiquidatable: "usdE6",
  NotBankrupt: "usdE6",
  InsufficientBalance: "tokens",
  DepositCap: "tokens",
  AccountCap: "tokens",
  BelowMinimumDeposit: "tokens",
};

const BY_CODE = new Map<number, (typeof BULWARK_ERRORS)[number]>(
  BULWARK_ERRORS.map((entry) => [entry.code, entry]),
);

/**
 * The refusal of a code that this program failed with; nothing if it has no such code. The code
 * alone doesn't say whose it is: every Anchor program begins at 6000. {@link refusalFrom} looks at
 * who failed.
 */
export function refusalOf(code: number, logs: readonly string[] = []): Refusal | null {
  const entry = BY_CODE.get(code);
  if (!entry) return null;
  const numbers = clashed(entry, logs);
  const advice = ADVICE[entry.name] ?? "See docs/operations.md.";
  return { ...entry, advice, ...(numbers ? { numbers } : {}) };
}

/** The lines that this program logged itself. */
function ownLines(logs: readonly string[]): string[] {
  const running: string[] = [];
  const own: string[] = [];
  for (const line of logs) {
    const [, program, what] = /^Program (\w+) (invoke \[|success|failed)/.exec(line) ?? [];
    if (program && what) {
      if (what.startsWith("invoke")) running.push(program);
      else running.pop();
    } else if (running.at(-1) === PROGRAM) own.push(line);
  }
  return own;
}

/** The program logs `0x<code>, 0x<have>, 0x<need>, 0x0, 0x0` first; `have` is signed. */
function clashed(
  { code, name }: (typeof BULWARK_ERRORS)[number],
  logs: readonly string[],
): Clash | undefined {
  const prefix = `Program log: 0x${code.toString(16)}, `;
  const unit = CLASH_UNITS[name];
  const line = ownLines(logs).findLast((one) => one.startsWith(prefix));
  const found = line && /^(0x[0-9a-f]+), (0x[0-9a-f]+), 0x0, 0x0$/.exec(line.slice(prefix.length));
  if (!unit || !found?.[1] || !found[2]) return undefined;
  return { have: BigInt.asIntN(64, BigInt(found[1])), need: BigInt(found[2]), unit };
}

/** How deep causes are followed. */
const DEPTH = 8;

/** What is known of the transaction that failed. */
export interface FailedTransaction {
  /** Its logs, where the error doesn't carry them. */
  readonly logs?: readonly string[];
  /** Its instructions in their order: they say whose code it is where there are no logs. */
  readonly instructions?: readonly { readonly programAddress: Address }[];
}

/** What an error, or one of its causes, says. */
interface Said {
  readonly code: number | undefined;
  readonly index: number | undefined;
  readonly logs: readonly string[] | undefined;
}

function said(error: object): Said {
  const one = error as { context?: unknown; code?: unknown; logs?: unknown };
  const context = (one.context ?? {}) as { code?: unknown; index?: unknown; logs?: unknown };
  const number = (values: readonly unknown[]) =>
    values.find((value): value is number => typeof value === "number");
  return {
    code: number([context.code, one.code]),
    index: number([context.index]),
    logs: [context.logs, one.logs].find((found): found is string[] => Array.isArray(found)),
  };
}

/**
 * The refusal inside an error of kit, of litesvm, or of anything that carries a custom code in
 * `context.code`, `code` or a `cause`; nothing if there is none, if another program refused, or if
 * neither logs nor instructions say who did.
 */
export function refusalFrom(error: unknown, known: FailedTransaction = {}): Refusal | null {
  let logs = known.logs;
  let at: unknown = error;
  for (let depth = 0; depth < DEPTH && typeof at === "object" && at !== null; depth += 1) {
    const one = said(at);
    logs = one.logs ?? logs;
    if (logs) {
      const found = refusalFromLogs(logs);
      if (found) return found;
    } else if (one.code !== undefined && one.index !== undefined) {
      const program = known.instructions?.[one.index]?.programAddress;
      const found = program === PROGRAM ? refusalOf(one.code) : null;
      if (found) return found;
    }
    at = (at as { cause?: unknown }).cause;
  }
  return logs ? refusalFromLogs(logs) : null;
}

/** The refusal that a failed transaction's logs tell of; nothing if they tell of none of ours. */
export function refusalFromLogs(logs: readonly string[]): Refusal | null {
  // The innermost program that failed is told of first; its callers fail with its code.
  for (const line of logs) {
    const found = /^Program (\w+) failed: (?:custom program error: 0x([0-9a-f]+)$)?/.exec(line);
    if (!found) continue;
    const ours = found[1] === PROGRAM && found[2] !== undefined;
    return ours ? refusalOf(Number.parseInt(found[2] ?? "", 16), logs) : null;
  }
  return null;
}

/** An amount of a unit, as people read it. */
function shown(value: bigint, unit: ClashUnit, decimals: number | undefined): string {
  if (unit === "usdE6") return `${format(value, 6)} USD`;
  if (decimals === undefined) return `${value} of the token's smallest unit`;
  return `${format(value, decimals)} tokens`;
}

/**
 * A refusal in one line: name and code, rule, numbers, advice. `decimals`: those of the bank's
 * mint, where the numbers are tokens.
 */
export function explain(
  { code, name, rule, advice, numbers }: Refusal,
  decimals?: number,
): string {
  const clash = numbers
    ? ` (has ${shown(numbers.have, numbers.unit, decimals)}, ` +
      `needs ${shown(numbers.need, numbers.unit, decimals)})`
    : "";
  return `${name} (${code}): ${rule}${clash}. ${advice}`;
}

/** A rule that refuses to compute, by the program's own error. */
export class RuleError extends Error {
  /** Which kind of error. */
  override readonly name = "RuleError";
  /** The program's code. */
  readonly code: number;

  constructor(code: number) {
    const refusal = refusalOf(code);
    super(refusal ? explain(refusal) : `the rules answered ${code}`);
    this.code = code;
  }
}
