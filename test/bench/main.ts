/** `npm run bench -- <name> [--json]`: a readable table; with --json one JSON object of plain numbers on the last line. */
import { parseArgs } from "node:util";
import { benchApi } from "./api.ts";
import { benchDeploy } from "./deploy.ts";
import { benchFaults } from "./faults.ts";
import { benchSweep } from "./sweep.ts";

/** One row of the table; `target` says what it should be, where something should. */
export type Figure = { readonly name: string; readonly value: number; readonly unit: string; readonly target?: string };
export type Bench = { readonly about: string; run(say: (line: string) => void): Promise<Figure[]> };

const BENCHES: Readonly<Record<string, Bench>> = {
  api: benchApi,
  deploy: benchDeploy,
  faults: benchFaults,
  sweep: benchSweep,
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [name = ""] = positionals;
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;

if (!bench) {
  console.error(`Say which: npm run bench -- ${Object.keys(BENCHES).join("|")} [--json]`);
  process.exitCode = 2;
} else {
  const figures = await bench.run((line) => console.error(line));
  console.log(`\n${bench.about}\n`);
  for (const { name, value, unit, target } of figures) {
    console.log(`  ${name.padEnd(28)}${String(value).padStart(10)} ${unit.padEnd(8)}${target ?? ""}`);
  }
  if (values.json) console.log(JSON.stringify(Object.fromEntries(figures.map(({ name, value }) => [name, value]))));
}
