/** A process of its own that migrates, so that it can be killed: `node migration-builder.ts <address> <files>`, both JSON. */
import { applyMigrations, MIGRATION_LIMITS } from "../../builder/migrate/apply.ts";

const [address = "", files = ""] = process.argv.slice(2);
const ended = await applyMigrations({
  address: JSON.parse(address),
  files: JSON.parse(files),
  deployment: `dpl_${process.pid}`,
  limits: MIGRATION_LIMITS,
  say: (line) => process.stdout.write(`${line}\n`),
  signal: new AbortController().signal,
});
if (!ended.ok) process.stderr.write(`${ended.failure.reason}: ${ended.failure.detail}\n`);
process.exitCode = ended.ok ? 0 : 1;
