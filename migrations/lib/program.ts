/** What the program's own account costs, and how long a release it takes. */

import { type Chain, sol } from "./chain.js";
import { PROGRAM, programDataAddress } from "./client.js";

/** Bytes of the loader's state before the program. */
const HEAD = 45;
/** The longest program that an upgrade by the guardian can hash in one transaction, bytes. */
const LONGEST = 2_700_000;
/** The loader makes an account longer by no less. */
const LEAST = 10_240;

/** The rent of a program that isn't there yet, or what is wrong with the room of one that is. */
export async function programRoom(chain: Chain): Promise<string | null> {
  const [found] = await chain.accounts([await programDataAddress()]);
  if (!found) {
    const rent = sol(await chain.rent(HEAD + LONGEST));
    return `the program itself isn't there: ${rent} SOL of rent more, with --max-len ${LONGEST}`;
  }
  const room = found.data.length - HEAD;
  if (room >= LONGEST) return null;
  const more = Math.max(LONGEST - room, LEAST);
  const rent = sol((await chain.rent(HEAD + room + more)) - (await chain.rent(HEAD + room)));
  return (
    `the program's account takes releases of ${room} bytes at most, and after the hand-over ` +
    `nobody may make it longer; before it: solana program extend ${PROGRAM} ${more} (${rent} SOL)`
  );
}
