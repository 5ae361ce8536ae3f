/** A member's acts as a command: `npm run member -- approve 7`. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { confirmation } from "./confirm.js";
import { defaults, expanded } from "./main.js";
import { Member, readAction } from "./member.js";
import { rpcChain, wallet } from "./rpc.js";

const HELP = `What a member of the guardian does, each in one transaction of his own wallet. Before it signs it
shows what that does, with values before and after, and asks.

  npm run member -- heartbeat
  npm run member -- restrict SECONDS [REASON] [--all]     alone and at once, six hours at most
  npm run member -- propose ACTION.json                   prints the proposal's number
  npm run member -- approve|object|show NUMBER
  npm run member -- execute NUMBER                        anyone may; before it nothing is in force

  --yes          don't ask, for scripts; without a terminal nothing is sent but by it
  --name         what the market, bank or feed is called in the sentence, such as SOL-PERP
  --compartment  number of the compartment (default: 0); --all: all of them
  --url          RPC of the cluster (default: ANCHOR_PROVIDER_URL, or devnet)
  --wallet       the member's (default: ANCHOR_WALLET, or Solana's own)

ACTION.json is an action of the TypeScript client, such as
  {"kind": "pause", "scope": 0, "seconds": 3600, "reason": 1}
  {"kind": "tighten", "compartment": 0, "subject": {"item": "market", "index": 0},
   "setting": {"id": "market.oi_cap", "value": 0}}`;

/** A whole number from the command line. */
function whole(text: string | undefined, what: string): bigint {
  if (!/^\d+$/.test(text ?? "")) throw new Error(`${what} is missing, or no whole number`);
  return BigInt(text as string);
}

async function command(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      compartment: { type: "string", default: "0" },
      name: { type: "string" },
      yes: { type: "boolean", default: false },
      url: { type: "string" },
      wallet: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(HELP);
    return;
  }
  const given = defaults();
  const [act, first, second] = positionals;
  const asks = act !== "heartbeat" && act !== "show";
  const terminal = { input: process.stdin, output: process.stderr };
  const confirm = confirmation(values.yes || !asks, terminal);
  const compartment = Number(whole(values.compartment, "the number of the compartment"));
  const member = await Member.of({
    chain: rpcChain(values.url ?? given.url),
    compartment,
    signer: await wallet(expanded(values.wallet ?? given.wallet)),
    confirm,
    ...(values.name === undefined ? {} : { name: values.name }),
    // What is asked about stands where the question stands.
    print: (line) => (asks && !values.yes ? console.error(line) : console.log(line)),
  });
  const number = () => whole(first, "the proposal's number");
  switch (act) {
    case "heartbeat":
      return member.heartbeat();
    case "restrict": {
      const seconds = Number(whole(first, "how many seconds"));
      const reason = Number(whole(second ?? "0", "the reason"));
      return member.restrict(values.all ? "all" : compartment, seconds, reason);
    }
    case "propose":
      if (!first) throw new Error("say the file of the action");
      await member.propose(readAction(readFileSync(expanded(first), "utf8")));
      return;
    case "approve":
      return member.approve(number());
    case "object":
      return member.object(number());
    case "show":
      return member.tell(number());
    case "execute":
      return member.execute(number());
    default:
      throw new Error(`there is no act ${act}: npm run member -- --help`);
  }
}

try {
  await command();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
