// House rules of the package: every export is documented, nothing is typed `any`.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const source = fileURLToPath(new URL("../src/", import.meta.url));
const entry = `${source}index.ts`;
const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
};
const program = ts.createProgram([entry], options);
const checker = program.getTypeChecker();

/** Ours, not the generator's. */
const handWritten = (file: string) => file.startsWith(source) && !file.includes("/generated/");

test("every export and every member of it says what it is", () => {
  const file = program.getSourceFile(entry);
  assert.ok(file);
  const module = checker.getSymbolAtLocation(file);
  assert.ok(module);
  const silent: string[] = [];
  const look = (symbol: ts.Symbol, path: string) => {
    const declared = symbol.declarations ?? [];
    if (!declared.some((one) => handWritten(one.getSourceFile().fileName))) return;
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    if (text.trim() === "") silent.push(path);
  };
  const all = checker.getExportsOfModule(module);
  assert.ok(all.length > 100, `${all.length} exports`);
  for (const exported of all) {
    const alias = exported.flags & ts.SymbolFlags.Alias;
    const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
    look(symbol, exported.name);
    for (const declared of symbol.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(declared) && !ts.isClassDeclaration(declared)) continue;
      for (const member of declared.members) {
        const name = member.name && checker.getSymbolAtLocation(member.name);
        if (name && !ts.isPrivateIdentifier(member.name as ts.Node)) {
          look(name, `${exported.name}.${name.name}`);
        }
      }
    }
  }
  assert.deepEqual(silent, []);
});

test("nothing is typed any", () => {
  const found: string[] = [];
  const visit = (node: ts.Node, file: ts.SourceFile) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push(`${file.fileName}:${line + 1}`);
    }
    ts.forEachChild(node, (child) => visit(child, file));
  };
  for (const file of program.getSourceFiles()) {
    if (file.fileName.startsWith(source)) visit(file, file);
  }
  assert.deepEqual(found, []);
});

test("lines are at most a hundred columns wide", () => {
  const wide: string[] = [];
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || name.startsWith("generated") || /\.(data|wasm)\./.test(name)) continue;
    readFileSync(`${source}${name}`, "utf8")
      .split("\n")
      .forEach((line, place) => line.length > 100 && wide.push(`${name}:${place + 1}`));
  }
  assert.deepEqual(wide, []);
});
