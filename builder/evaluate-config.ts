/**
 * Runs inside the sandbox, not in the builder: `node evaluate-config.ts <config file> <answer file>`. Imports the config
 * (Node strips its types) and writes its default export as JSON. Whatever it writes is checked outside.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , configPath = "", answerPath = ""] = process.argv;
writeFileSync(answerPath, JSON.stringify(await evaluate(configPath)), { flag: "wx" });
// A config that keeps a timer or a server must not keep us.
process.exit(0);

async function evaluate(path: string): Promise<unknown> {
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(path).href);
    if (module.default === undefined) return { kind: "no-default" };
    const type = typeOf(module.default);
    if (type !== "an object") return { kind: "error", code: "", message: `must export an object, not ${type}` };
    return { kind: "value", json: JSON.stringify(module.default, refuseOtherThanData) };
  } catch (error) {
    // Only when it is not caught does Node print where in the file it is.
    if (error instanceof SyntaxError) throw error;
    if (!(error instanceof Error)) return { kind: "error", code: "", message: String(error) };
    return { kind: "error", code: "code" in error ? String(error.code) : "", message: error.message };
  }
}

/** JSON would make an empty object of a promise. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Promise) return "a promise";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** JSON would leave these out without a word, and a setting would silently not apply. */
function refuseOtherThanData(key: string, value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new Error(`"${key}" is a ${typeof value}; the config may only hold plain data`);
  }
  return value;
}
