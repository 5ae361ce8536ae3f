/** Views: instructions that change nothing and return what they found. A simulation is enough. */

import type { Address, Instruction } from "@solana/kit";
import type { Deployment } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";

const viewed = ({ protocol, compartment, board }: Deployment, margin: Address) => ({
  protocol,
  compartment,
  board,
  margin,
});

/** Returns the health of a margin account: {@link readHealthView} reads the return data. */
export function healthView(deployment: Deployment, margin: Address): Instruction {
  return generated.getHealthViewInstruction(viewed(deployment, margin));
}

/** Returns the margin notice of an account: {@link readMarginNotice} reads the return data. */
export function marginNotice(deployment: Deployment, margin: Address): Instruction {
  return generated.getMarginNoticeInstruction(viewed(deployment, margin));
}
