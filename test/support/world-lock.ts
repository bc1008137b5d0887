import { readFileSync, rmSync, writeFileSync } from "node:fs";

export type Holder = { readonly pid: number; readonly port: number };

/** One world at a time may use a folder: two would write to the same databases and end each other's builds. */
export class FolderTaken extends Error {
  readonly holder: Holder;

  constructor(file: string, holder: Holder) {
    super(`process ${holder.pid} uses this folder, by ${file}`);
    this.name = "FolderTaken";
    this.holder = holder;
  }
}

/** Takes the folder for this process. A holder that is gone does not count. @throws FolderTaken */
export function lockFolder(file: string, port: number): { release(): void } {
  const holder = readHolder(file);
  if (holder && holder.pid !== process.pid && isAlive(holder.pid)) throw new FolderTaken(file, holder);
  writeFileSync(file, JSON.stringify({ pid: process.pid, port } satisfies Holder));
  return { release: () => rmSync(file, { force: true }) };
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
