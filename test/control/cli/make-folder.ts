import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];
afterAll(() => Promise.all(made.map((root) => rm(root, { recursive: true, force: true }))));

type Content = string | { readonly content: string; readonly mode: number };

/** A fresh folder with these files, gone when the tests of the file have ended. */
export async function makeFolder(files: Readonly<Record<string, Content>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "atelier-cli-"));
  made.push(root);
  for (const [path, file] of Object.entries(files)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, typeof file === "string" ? file : file.content);
    if (typeof file !== "string") await chmod(target, file.mode);
  }
  return root;
}
