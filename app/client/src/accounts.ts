/**
 * Accounts of the program from their bytes.
 *
 * Each reader checks owner, discriminator, size and layout version, and returns what is in use with
 * its units; `layout` holds every field as it lies there.
 */

export {
  ACCOUNT_SIZES,
  AccountError,
  type AccountSource,
  type FoundAccount,
  LAYOUT_VERSION,
  MARGIN_LAYOUT_VERSION,
} from "./accounts/common.js";
export * from "./accounts/protocol.js";
export * from "./accounts/board.js";
export * from "./accounts/venue.js";
export * from "./accounts/margin.js";
export * from "./accounts/insurance.js";
export * from "./accounts/guardian.js";
export * from "./accounts/recovery.js";
