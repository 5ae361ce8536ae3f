/**
 * The commitment of a Recovery: an append-only sum-Merkle tree with one leaf for each mark. Anyone
 * who has the marked accounts can prove each claim and the total of all of them.
 */

import { type Address, type ReadonlyUint8Array, getAddressEncoder } from "@solana/kit";
import { AccountError, type AccountSource } from "./accounts/common.js";
import { readMargin } from "./accounts/margin.js";

/** First bytes of what a hash covers: a leaf, a node, two trees joined, the root. */
const [LEAF, NODE, JOIN, ROOT] = [0, 1, 2, 3] as const;

/** A node of the tree. */
export interface ClaimNode {
  /** SHA-256, 32 bytes. */
  readonly hash: ReadonlyUint8Array;
  /** Sum of the quote claims below it, USD in 1e-6. */
  readonly sum: bigint;
}

/** That a leaf is in the tree. */
export interface ClaimProof {
  /** Siblings from the leaf up to its perfect tree. */
  readonly path: readonly ClaimNode[];
  /** The perfect trees behind it, joined; none if it is the last. */
  readonly smaller: ClaimNode | null;
  /** The perfect trees before it, smallest first. */
  readonly larger: readonly ClaimNode[];
}

/** A number as little-endian bytes. */
function bytesOf(value: bigint, size: number): number[] {
  const all = BigInt.asUintN(8 * size, value);
  return Array.from({ length: size }, (_, place) => Number((all >> BigInt(8 * place)) & 0xffn));
}

async function hashed(bytes: readonly number[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
}

async function over(kind: number, left: ClaimNode, right: ClaimNode): Promise<ClaimNode> {
  const part = ({ hash, sum }: ClaimNode) => [...hash, ...bytesOf(sum, 16)];
  return {
    hash: await hashed([kind, ...part(left), ...part(right)]),
    sum: left.sum + right.sum,
  };
}

/** The leaf of a marked margin account, and its number. */
export async function claimLeaf(
  at: Address,
  margin: AccountSource,
): Promise<{ readonly number: bigint; readonly node: ClaimNode }> {
  const { layout, owner, compartment } = readMargin(margin);
  const { shadow } = layout;
  if (shadow.epoch === 0) throw new AccountError(`${at} isn't marked in any Recovery`);
  const key = (one: Address) => [...getAddressEncoder().encode(one)];
  const hash = await hashed([
    LEAF,
    ...key(compartment),
    ...bytesOf(BigInt(shadow.epoch), 4),
    ...bytesOf(shadow.leaf, 8),
    ...key(at),
    ...key(owner),
    ...bytesOf(shadow.quote, 8),
    ...bytesOf(shadow.senior, 8),
    ...bytesOf(shadow.junior, 8),
    ...layout.collaterals.map(({ active, bank }) => (active === 0 ? 255 : bank)),
    ...shadow.kept.flatMap((units) => bytesOf(units, 8)),
    ...bytesOf(shadow.slot, 8),
  ]);
  return { number: shadow.leaf, node: { hash, sum: shadow.senior + shadow.junior } };
}

/** The rows of a perfect tree, the leaves first. */
async function rows(leaves: readonly ClaimNode[]): Promise<ClaimNode[][]> {
  const all = [[...leaves]];
  for (let row = all[0] ?? []; row.length > 1; ) {
    const above: ClaimNode[] = [];
    for (let place = 0; place + 1 < row.length; place += 2) {
      above.push(await over(NODE, row[place] as ClaimNode, row[place + 1] as ClaimNode));
    }
    all.push(above);
    row = above;
  }
  return all;
}

/** The row of perfect trees of so many leaves, largest first: where each begins and its size. */
function trees(count: number): { readonly first: number; readonly size: number }[] {
  const found = [];
  let first = 0;
  for (let size = 2 ** 31; size >= 1; size /= 2) {
    if (Math.floor(count / size) % 2 === 1) {
      found.push({ first, size });
      first += size;
    }
  }
  return found;
}

/** Peaks joined from the smallest up. */
async function joined(peaks: readonly ClaimNode[]): Promise<ClaimNode | null> {
  let all: ClaimNode | null = null;
  for (const peak of [...peaks].reverse()) all = all ? await over(JOIN, peak, all) : peak;
  return all;
}

/** What `leaves` prove of the one with this number: leaves in the order of their numbers, all. */
export async function proveClaim(
  leaves: readonly ClaimNode[],
  number: number,
): Promise<{ readonly proof: ClaimProof; readonly root: ClaimNode }> {
  const own = leaves[number];
  if (!own) throw new RangeError(`there are ${leaves.length} leaves, none has number ${number}`);
  const all = trees(leaves.length);
  const grown = await Promise.all(
    all.map(({ first, size }) => rows(leaves.slice(first, first + size))),
  );
  const peaks = grown.map((tree) => tree.at(-1)?.[0] as ClaimNode);
  const at = all.findIndex(({ first, size }) => number >= first && number < first + size);
  let place = number - (all[at]?.first ?? 0);
  const path: ClaimNode[] = [];
  for (const row of (grown[at] ?? []).slice(0, -1)) {
    path.push(row[place ^ 1] as ClaimNode);
    place >>= 1;
  }
  const larger = peaks.slice(0, at).reverse();
  const smaller = await joined(peaks.slice(at + 1));
  const top = (await joined(peaks)) ?? own;
  const count = bytesOf(BigInt(leaves.length), 8);
  const hash = await hashed([ROOT, ...count, ...top.hash, ...bytesOf(top.sum, 16)]);
  return { proof: { path, smaller, larger }, root: { hash, sum: top.sum } };
}
