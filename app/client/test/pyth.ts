// Pyth accounts as their program writes them: bytes for tests, never a shortcut around the reader.
import {
  type Address,
  getBase16Encoder,
  getI32Encoder,
  getI64Encoder,
  getStructEncoder,
  getU64Encoder,
} from "@solana/kit";
import { ORACLE_OWNERS } from "../src/index.js";
import type { Vm } from "./vm.js";

const DISCRIMINATOR = [34, 241, 35, 99, 157, 126, 244, 205];
const FIELDS = getStructEncoder([
  ["price", getI64Encoder()],
  ["conf", getU64Encoder()],
  ["exponent", getI32Encoder()],
  ["publishTime", getI64Encoder()],
  ["previousPublishTime", getI64Encoder()],
  ["emaPrice", getI64Encoder()],
  ["emaConf", getU64Encoder()],
  ["postedSlot", getU64Encoder()],
]);

/** Writes a fully verified `PriceUpdateV2`, 134 bytes, published now. Price in 1e-8. */
export function publish(vm: Vm, at: Address, feedId: string, price: bigint, conf = price / 5_000n): void {
  const { unix, slot } = vm.now;
  const data = new Uint8Array(134);
  data.set(DISCRIMINATOR);
  data.fill(7, 8, 40);
  data[40] = 1;
  data.set(getBase16Encoder().encode(feedId), 41);
  const fields = FIELDS.encode({
    price,
    conf,
    exponent: -8,
    publishTime: unix,
    previousPublishTime: unix - 1n,
    emaPrice: price,
    emaConf: conf,
    postedSlot: slot,
  });
  data.set(fields, 73);
  vm.write(at, ORACLE_OWNERS["classic-receiver"], data);
}
