/** Apps to deploy: fresh ones from create-vite, and a plain one whose build takes no time. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./world-config.ts";

export type ViteTemplate = "react-ts" | "vanilla-ts";

/** What `npm create vite` makes, by the package that it runs. */
export async function scaffoldViteApp(folder: string, template: ViteTemplate): Promise<void> {
  const scaffold = join(ROOT, "node_modules/create-vite/index.js");
  mkdirSync(dirname(folder), { recursive: true });
  const args = [scaffold, folder.slice(dirname(folder).length + 1), "--template", template, "--no-interactive"];
  await promisify(execFile)(process.execPath, args, { cwd: dirname(folder) });
}

export function editFile(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

/** Writes `dist/index.html`, naming a script and a style by the hash of their text, and an unhashed mark. */
const PLAIN_BUILD = `
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
const page = readFileSync("page.txt", "utf8");
const hashed = (name, end, text) => {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  mkdirSync("dist/assets", { recursive: true });
  writeFileSync("dist/assets/" + name + "-" + hash + end, text);
  return "/assets/" + name + "-" + hash + end;
};
const script = hashed("app", ".js", "document.title = " + JSON.stringify(page) + ";");
const style = hashed("app", ".css", "body::after { content: " + JSON.stringify(page) + "; }");
for (let n = 0; n < Number(process.env.npm_package_config_files ?? 0); n += 1) writeFileSync("dist/file-" + n + ".txt", page + n);
writeFileSync("dist/mark.txt", page);
writeFileSync("dist/index.html", '<!doctype html><link rel="stylesheet" href="' + style + '"><script type="module" src="' + script + '"></script><h1>' + page + "</h1>");
console.log("wrote " + page);
`;

/** An app without dependencies that shows `page`, with `files` more files. */
export function plainApp(page: string, files = 0): Record<string, string> {
  const manifest = {
    name: "plain",
    private: true,
    type: "module",
    config: { files: String(files) },
    scripts: { build: "node build.mjs" },
  };
  return { "package.json": JSON.stringify(manifest), "build.mjs": PLAIN_BUILD, "page.txt": page };
}
