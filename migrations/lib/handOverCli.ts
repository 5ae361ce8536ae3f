/** The hand-over as a command: `npm run hand-over -- [GUARDIAN]`. */

import { parseArgs } from "node:util";
import { address } from "@solana/kit";
import { handOver } from "./handOver.js";
import { defaults, expanded } from "./main.js";
import { rpcChain, wallet } from "./rpc.js";

const HELP = `Gives the program's upgrade authority to its guardian, for good; safe to run again.

  npm run hand-over -- [--url URL] [--wallet FILE] [GUARDIAN]

  GUARDIAN   the guardian's address; without it nothing is sent
  --url      RPC of the cluster (default: ANCHOR_PROVIDER_URL, or devnet)
  --wallet   upgrade authority of today (default: ANCHOR_WALLET, or Solana's own)`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: "string" },
      wallet: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(HELP);
  } else {
    const given = defaults();
    const [confirmed] = positionals;
    await handOver({
      chain: rpcChain(values.url ?? given.url),
      authority: await wallet(expanded(values.wallet ?? given.wallet)),
      ...(confirmed === undefined ? {} : { confirmed: address(confirmed) }),
      print: (line) => console.log(line),
      now: BigInt(Math.floor(Date.now() / 1_000)),
    });
  }
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
