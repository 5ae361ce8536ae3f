/** What a decision of the guardian on one item names. */

import type { Address } from "@solana/kit";
import type { Subject } from "./actions.js";
import { type Deployment, bankOf, marketOf } from "./deployment.js";

/** The accounts of a decision on one item: compartment, Board, and the item's own account. */
export function accountsOfItem(deployment: Deployment, subject: Subject): Address[] {
  const keys = [deployment.compartment, deployment.board];
  switch (subject.item) {
    case "compartment":
      return [...keys, deployment.insurance];
    case "feed":
      return keys;
    case "bank":
      return [...keys, bankOf(deployment, subject.index).bank];
    case "market":
      return [...keys, marketOf(deployment, subject.index).market];
  }
}
