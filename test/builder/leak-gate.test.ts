import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findLeaks, refuseLeaks } from "../../builder/leak-gate.ts";
import { classifyValues, describeVariables } from "../../builder/searched-values.ts";
import { detectFramework } from "../../schema/frameworks.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import type { Variable } from "../../schema/variable.ts";

const SECRET = `p@ss/w"ord' <ünï>\\ &\n$\{x}`;
const variable = (name: string, value: string, visibility: Variable["visibility"] = "private"): Variable => ({
  name,
  value,
  visibility,
});

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-gate-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, bytes: string | Uint8Array) {
  const diskPath = join(folder, "file");
  writeFileSync(diskPath, bytes);
  return { path: RelativePath.parse(path), diskPath };
}

async function search(bytes: string | Uint8Array, value = SECRET) {
  return findLeaks([write("assets/app.js", bytes)], [variable("DB", value)]);
}

const base64 = (text: string, before: string) => Buffer.from(before + text).toString("base64");

const FORMS: readonly (readonly [string, string])[] = [
  ["as it is", SECRET],
  ["as it is", `prefix${SECRET}suffix`],
  ["JSON-escaped", JSON.stringify(SECRET)],
  ["JSON-escaped", JSON.stringify({ sourcesContent: [`const x = "${SECRET}"`] })],
  [
    "JSON-escaped",
    JSON.stringify(SECRET).replaceAll("ü", "\\u00fc").replaceAll("ï", "\\u00EF").replaceAll("\\u00EF", "\\u00ef"),
  ],
  ["JSON-escaped", JSON.stringify(SECRET).replaceAll("/", "\\/")],
  [
    "JSON-escaped",
    JSON.stringify(SECRET).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"),
  ],
  ["URL-escaped", encodeURIComponent(SECRET)],
  ["URL-escaped", encodeURIComponent(SECRET).toLowerCase()],
  ["URL-escaped", new URLSearchParams({ q: SECRET }).toString()],
  ["URL-escaped", encodeURI(SECRET)],
  ["HTML-escaped", SECRET.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")],
  ["in base64", base64(SECRET, "")],
  ["in base64", base64(SECRET, "a")],
  ["in base64", base64(`${SECRET} and more`, "ab")],
  ["in base64", base64(JSON.stringify(SECRET), "abc")],
  ["in base64", Buffer.from(`x${SECRET}`).toString("base64url")],
  ["in hex", Buffer.from(SECRET).toString("hex")],
];

describe("the leak gate", () => {
  it.each(FORMS)("finds a value %s", async (form, text) => {
    expect(await search(`<p>${text}</p>`)).toMatchObject([{ path: "assets/app.js", variable: "DB", form }]);
  });

  it("does not mind the blanks around a value", async () => {
    expect(await search("key=hunter2hunter2;", " hunter2hunter2\n")).toMatchObject([{ offset: 4 }]);
  });

  it("tells where: file, variable and offset, and never the value", async () => {
    const files = [write("index.html", `${"x".repeat(41)}hunter2hunter2`)];
    const refused = await refuseLeaks(files, [variable("TOKEN", "hunter2hunter2")]);
    expect(refused).toMatchObject({ ok: false, failure: { reason: "env_leaked" } });
    const text = JSON.stringify(refused);
    expect(text).toContain("index.html holds the value of TOKEN as it is, at byte 41.");
    expect(text).not.toContain("hunter2");
  });

  it("finds a value that lies across two reads, at every cut", async () => {
    const mebibyte = 1024 * 1024;
    for (const before of [0, 1, 7, 13, 14]) {
      const bytes = Buffer.alloc(2 * mebibyte + 100, "x");
      bytes.write("hunter2hunter2", mebibyte - before);
      expect(await search(bytes, "hunter2hunter2")).toMatchObject([{ offset: mebibyte - before }]);
    }
  });

  it("finds a value in the name of a file", async () => {
    const files = [write("pages/hunter2hunter2.html", "")];
    expect(await findLeaks(files, [variable("T", "hunter2hunter2")])).toMatchObject([{ offset: null }]);
  });

  it("lets pass what only looks like it", async () => {
    expect(await search("hunter2hunter hunter2hunter3 Hunter2hunter2", "hunter2hunter2")).toEqual([]);
    expect(await refuseLeaks([write("a.js", "anything")], [])).toEqual({ ok: true, value: null });
  });
});

describe("what is searched for", () => {
  const VITE = detectFramework(new Set(["vite"]));
  const names = (list: readonly Variable[]) => list.map(({ name }) => name);

  it("is every value that is not public, long enough and not ordinary", () => {
    const classes = classifyValues(
      [
        variable("DB", "postgres://user:pass@db/x"),
        variable("VITE_API", "https://api.example.org"),
        variable("NEXT_PUBLIC_ID", "pub-1234-abcd"),
        variable("ANALYTICS", "ua-1234-5678", "public"),
        variable("MODE", "production"),
        variable("PIN", "1234"),
        // The same as, or a part of, what everybody sees anyway.
        variable("API", "https://api.example.org"),
        variable("HOST", "api.example.org"),
        // Marked as secret, it is one whatever it is called.
        variable("VITE_KEY", "hunter2hunter2", "secret"),
        variable("SECRET_HOST", "api.example.org", "secret"),
      ],
      VITE,
    );
    expect(names(classes.searched)).toEqual(["DB", "NEXT_PUBLIC_ID", "VITE_KEY", "SECRET_HOST"]);
    expect(names(classes.published)).toEqual(["VITE_API", "ANALYTICS"]);
    expect(names(classes.unsearched)).toEqual(["MODE", "PIN", "API", "HOST"]);
    expect(describeVariables(classes, VITE).join(" ")).toMatch(
      /10 variables.*VITE_.*Public: VITE_API, ANALYTICS\..*MODE, PIN/,
    );
  });
});
