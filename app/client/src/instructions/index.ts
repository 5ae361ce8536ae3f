export * from "./creation.js";
export * from "./liquidation.js";
export * from "./money.js";
export * from "./staking.js";
export * from "./trading.js";
export * from "./view.js";
