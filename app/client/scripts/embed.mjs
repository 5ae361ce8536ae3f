// Puts a WebAssembly file into a module:
// `node embed.mjs FILE.wasm MODULE.ts NAME WHAT SOURCES COMPILER`.
import { readFileSync, writeFileSync } from "node:fs";

const [file, module, name, what, sources, compiler] = process.argv.slice(2);
const text = readFileSync(file).toString("base64");
const lines = text.match(/.{1,96}/g).map((line) => `  "${line}",`);
writeFileSync(
  module,
  [
    `// T${what.slice(1)} as WebAssembly. Written by \`cargo xtask client\`; never edited.`,
    `// Sources: ${sources}`,
    `// Compiler: ${compiler}`,
    "",
    "/** The module's bytes in base64. */",
    `export const ${name}: string = [`,
    ...lines,
    '].join("");',
    "",
  ].join("\n"),
);
