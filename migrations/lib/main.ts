/** The deployment as a command: `npm run deploy -- [--dry-run] [CONFIG.json]`. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkConfig } from "./config.js";
import { type Memory, deploy } from "./deploy.js";
import { programRoom } from "./program.js";
import { rpcChain, wallet } from "./rpc.js";

const HELP = `Creates what a configuration says and isn't there yet; safe to run again.

  npm run deploy -- [--dry-run] [--url URL] [--wallet FILE] [CONFIG]

  CONFIG     a file as migrations/config/schema.json describes it
             (default: migrations/config/devnet.json)
  --dry-run  send nothing: print each step with the rent that it costs
  --url      RPC of the cluster (default: ANCHOR_PROVIDER_URL, or devnet)
  --wallet   upgrade authority of the program (default: ANCHOR_WALLET, or Solana's own)`;

/** How the command is called. */
export interface Call {
  readonly url: string;
  readonly wallet: string;
  readonly config: string;
  readonly dry: boolean;
}

const root = new URL("../../", import.meta.url).pathname;

/** A path with `~` for the home folder, as Anchor.toml has it. */
export const expanded = (path: string) =>
  path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(path);

/** Where nothing else is said: what Anchor sets, or Solana's own defaults. */
export function defaults(): Call {
  return {
    url: process.env["ANCHOR_PROVIDER_URL"] ?? "https://api.devnet.solana.com",
    wallet: process.env["ANCHOR_WALLET"] ?? "~/.config/solana/id.json",
    config: process.env["BULWARK_CONFIG"] ?? join(root, "migrations/config/devnet.json"),
    dry: process.env["BULWARK_DRY_RUN"] === "1",
  };
}

/** Runs the deployment. What it has to remember lies beside the configuration. */
export async function run(call: Call): Promise<void> {
  const config = checkConfig(JSON.parse(readFileSync(call.config, "utf8")));
  const file = call.config.replace(/(\.json)?$/, ".state.json");
  const memory: Memory = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Memory)
    : {};
  const creator = await wallet(expanded(call.wallet));
  console.log(`compartment ${config.compartment} on ${call.url}, by ${creator.address}`);
  try {
    const print = (line: string) => console.log(line);
    const chain = rpcChain(call.url);
    await deploy({ chain, config, creator, memory, print, dry: call.dry });
    const room = call.dry ? await programRoom(chain) : null;
    if (room) print(room);
  } finally {
    if (!call.dry && memory.lookupTable) {
      writeFileSync(file, `${JSON.stringify(memory, null, 2)}\n`);
    }
  }
}

/** The command line. Returns the exit code. */
export async function command(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "dry-run": { type: "boolean" },
        url: { type: "string" },
        wallet: { type: "string" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    const given = defaults();
    await run({
      url: values.url ?? given.url,
      wallet: values.wallet ?? given.wallet,
      config: positionals[0] ?? given.config,
      dry: values["dry-run"] ?? given.dry,
    });
    return 0;
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    return 1;
  }
}
