/** Keepers' work as a command: `npm run keeper -- audit`. */

import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { audit, json, table } from "./audit.js";
import { defaults, expanded } from "./main.js";
import { rpcChain, wallet } from "./rpc.js";

const HELP = `Work that anyone may do for a venue; safe to stop and to run again.

  npm run keeper -- audit [--compartment N] [--json] [--every 24h] [--url URL] [--wallet FILE]

  audit          rehearse a Recovery: count banks and markets, mark every account, close; prints
                 date, root, totals, transactions and cost. Where none is due it tells the latest
  --compartment  number of the compartment (default: 0)
  --json         one line of JSON instead of a table
  --every        go on for ever, so often (s, m, h or d); what fails is tried again then
  --url          RPC of the cluster (default: ANCHOR_PROVIDER_URL, or devnet)
  --wallet       pays (default: ANCHOR_WALLET, or Solana's own)`;

/** Milliseconds of "90m". */
function span(text: string): number {
  const units: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  const [, number, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const seconds = units[unit ?? ""];
  if (!number || !seconds) throw new Error(`--every wants a time such as 24h, not ${text}`);
  return Number(number) * seconds * 1_000;
}

function compartment(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 0xffff) throw new Error(`there is no compartment ${text}`);
  return number;
}

async function command(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      compartment: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      every: { type: "string" },
      url: { type: "string" },
      wallet: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== "audit") {
    throw new Error(`a keeper can be told to audit, not ${positionals.join(" ") || "nothing"}`);
  }
  const given = defaults();
  const every = values.every === undefined ? undefined : span(values.every);
  const run = {
    chain: rpcChain(values.url ?? given.url),
    compartment: compartment(values.compartment),
    payer: await wallet(expanded(values.wallet ?? given.wallet)),
    // Beside what a program reads.
    print: (line: string) => console.error(line),
  };
  const once = async () => {
    const audited = await audit(run);
    console.log(values.json ? json(audited) : table(audited));
  };
  while (every !== undefined) {
    const next = Date.now() + every;
    await once().catch((error: unknown) => console.error(`error: ${(error as Error).message}`));
    await pause(Math.max(0, next - Date.now()));
  }
  await once();
}

try {
  await command();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
