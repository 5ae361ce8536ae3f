// The client as it lies in this checkout: a deployment never runs with another one.
export * from "../../app/client/src/index.js";
export * as generated from "../../app/client/src/generated/index.js";
