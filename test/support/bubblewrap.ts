/** Tests of isolation need bubblewrap. In CI its absence is a failure; elsewhere they are skipped, and say why. */
import { execFileSync } from "node:child_process";

export const bubblewrapMissing: string | null = findReason();

function findReason(): string | null {
  try {
    execFileSync("bwrap", ["--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "true"], { stdio: "pipe" });
    return null;
  } catch (error) {
    const reason = `bubblewrap does not work here: ${error instanceof Error ? error.message : error}`;
    if (process.env.CI) throw new Error(reason);
    return reason;
  }
}
