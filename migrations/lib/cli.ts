import { command } from "./main.js";

process.exitCode = await command(process.argv.slice(2));
