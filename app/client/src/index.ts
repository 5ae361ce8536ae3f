export * from "./addresses.js";
export * from "./deployment.js";
export * from "./instructions/index.js";
export * from "./lookup.js";
export * from "./presets.js";
export * from "./units.js";
