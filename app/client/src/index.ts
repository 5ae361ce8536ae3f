export * as generated from "./generated/index.js";
