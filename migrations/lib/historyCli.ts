/** `npm run history`: a venue's history by RPC, a line a transaction. */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { dump, history } from "./history.js";
import { defaults } from "./main.js";

const HELP = `The program's transactions by RPC, for \`bulwark verify\`.

  npm run --silent history -- [--url URL] [--after SIGNATURE] [--accounts FILE] > history.jsonl

  --url       RPC of the cluster (default: ANCHOR_PROVIDER_URL, or devnet); one with an archive
  --after     only what came after this transaction: append it to what is there
  --accounts  write the program's accounts there too, read after the last transaction

Then: bulwark verify history.jsonl --accounts FILE`;

async function command(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      after: { type: "string" },
      accounts: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const url = values.url ?? defaults().url;
  const terminal = process.stderr.isTTY;
  const progress = (read: number, all: number) => {
    if (terminal || read === all) process.stderr.write(`\r${read} of ${all} transactions`);
  };
  const after = values.after === undefined ? {} : { after: values.after };
  for await (const line of history({ url, progress, ...after })) console.log(line);
  process.stderr.write("\n");
  if (values.accounts !== undefined) writeFileSync(values.accounts, await dump(url));
}

try {
  await command();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
