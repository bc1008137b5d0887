import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder for a world. Builds run under an account of their own, which must be able to pass through it. */
export function makeWorldFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "atelier-"));
  chmodSync(folder, 0o711);
  return folder;
}
