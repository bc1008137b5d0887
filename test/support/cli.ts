/** The CLI as a user runs it: its own process, its output kept apart. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./world-config.ts";

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type CliTarget = { readonly api: string; readonly token: string };

export function runCli(
  target: CliTarget,
  args: readonly string[],
  cwd: string = ROOT,
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "control/cli/atelier.mjs"), ...args], {
      cwd,
      env: { ...process.env, ATELIER_API: target.api, ATELIER_TOKEN: target.token, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
