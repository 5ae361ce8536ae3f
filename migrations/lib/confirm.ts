/** Nothing is signed before somebody has read what it does. */

import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Where the question is asked. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/** Asks; throws where the answer isn't yes. */
export type Confirm = () => Promise<void>;

/**
 * How a command asks: in a terminal, or with `--yes` not at all.
 *
 * @throws Error where there is neither.
 */
export function confirmation(yes: boolean, { input, output }: Terminal): Confirm {
  if (yes) return async () => {};
  if (!input.isTTY) {
    throw new Error("nothing was sent: there is no terminal to ask in, and --yes wasn't said");
  }
  return async () => {
    const answer = input.readableEnded ? "" : await asked({ input, output });
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error("nothing was sent: you didn't say yes");
  };
}

async function asked(terminal: Terminal): Promise<string> {
  const question = createInterface(terminal);
  // An end of the input is no answer.
  const ended = new Promise<string>((done) => question.once("close", () => done("")));
  const answer = await Promise.race([question.question("Sign and send this? [y/N] "), ended]);
  question.close();
  return answer;
}
