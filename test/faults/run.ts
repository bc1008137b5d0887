/**
 * `npm run test:faults -- [--scale 10] [--seed 7] [--path 3:0] [what vitest takes]`: breaks real parts of the platform and
 * judges what came of it. The scale multiplies how much is tried; a seed and a path are those of a history that failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../support/world-config.ts";

const { values, tokens } = parseArgs({
  options: { scale: { type: "string" }, seed: { type: "string" }, path: { type: "string" } },
  strict: false,
  tokens: true,
});
const ours = new Set(
  tokens.flatMap((token) =>
    token.kind === "option" && ["scale", "seed", "path"].includes(token.name)
      ? token.inlineValue
        ? [token.index]
        : [token.index, token.index + 1]
      : [],
  ),
);
const rest = process.argv.slice(2).filter((_, index) => !ours.has(index));
const env: NodeJS.ProcessEnv = { ...process.env };
for (const [name, value] of Object.entries(values)) {
  if (["scale", "seed", "path"].includes(name)) env[`FAULTS_${name.toUpperCase()}`] = String(value);
}
const args = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--config", "test/vitest.config.ts"];
const vitest = spawn(process.execPath, [...args, "--project", "faults", ...rest], { cwd: ROOT, env, stdio: "inherit" });
const [code] = await once(vitest, "exit");
process.exitCode = typeof code === "number" ? code : 1;
