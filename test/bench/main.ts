/**
 * `npm run bench -- <name> [--json] [--out FOLDER]`: a readable table; with --json one JSON object of plain numbers on the
 * last line; plots go to the folder.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchApi } from "./api.ts";
import { benchCanary } from "./canary.ts";
import { benchDeploy } from "./deploy.ts";
import { benchEnvironments } from "./environments.ts";
import { benchFaults } from "./faults.ts";
import { benchFuzz } from "./fuzz.ts";
import { benchServing } from "./serving.ts";
import { benchSticky } from "./sticky.ts";
import { benchSweep } from "./sweep.ts";

/**
 * One row of the table; `target` says what it should be, where something should. A dot in the name is a level of the
 * JSON object: `rps20.power.x2`. What never came is infinite, in JSON null.
 */
export type Figure = { readonly name: string; readonly value: number; readonly unit: string; readonly target?: string };
export type Bench = {
  readonly about: string;
  /** @param out a folder for what is not numbers; it may not exist yet */
  run(say: (line: string) => void, out: string): Promise<Figure[]>;
};

const BENCHES: Readonly<Record<string, Bench>> = {
  api: benchApi,
  canary: benchCanary,
  deploy: benchDeploy,
  environments: benchEnvironments,
  faults: benchFaults,
  fuzz: benchFuzz,
  serving: benchServing,
  sticky: benchSticky,
  sweep: benchSweep,
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    out: { type: "string", default: join(tmpdir(), "atelier-bench") },
  },
  allowPositionals: true,
});
const [name = ""] = positionals;
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;

if (!bench) {
  console.error(`Say which: npm run bench -- ${Object.keys(BENCHES).join("|")} [--json]`);
  process.exitCode = 2;
} else {
  const figures = await bench.run((line) => console.error(line), values.out);
  console.log(`\n${bench.about}\n`);
  const width = Math.max(26, ...figures.map(({ name }) => name.length)) + 2;
  for (const { name, value, unit, target } of figures) {
    console.log(`  ${name.padEnd(width)}${String(value).padStart(10)} ${unit.padEnd(8)}${target ?? ""}`);
  }
  if (values.json) console.log(JSON.stringify(nested(figures)));
}

type Numbers = { [name: string]: number | Numbers };

function nested(figures: readonly Figure[]): Numbers {
  const root: Numbers = {};
  for (const { name, value } of figures) {
    const path = name.split(".");
    const last = path.pop() ?? name;
    let level = root;
    for (const part of path) {
      const inner = level[part] ?? {};
      if (typeof inner === "number") throw new Error(`${name}: ${part} is a number already`);
      level[part] = inner;
      level = inner;
    }
    level[last] = value;
  }
  return root;
}
