/** The cases are those of Workers Static Assets (`html_handling`), with the names of its documentation. */
import { describe, expect, it } from "vitest";
import { indexManifest } from "../../router/manifest-index.ts";
import { resolvePage } from "../../router/page-address.ts";
import { HTML_HANDLINGS, type HtmlHandling } from "../../schema/html-handling.ts";
import { bundleOf } from "../support/routes.ts";

async function indexOf(html: HtmlHandling, paths: readonly string[]) {
  const { manifest } = await bundleOf(Object.fromEntries(paths.map((path) => [path, `bytes of ${path}`])));
  return indexManifest({ ...manifest, html });
}

const FILES = ["index.html", "file.html", "folder/index.html", "bin", "both.html", "both/index.html", "x/index"];

/** `file.html` answers, `-> file` is a redirect to /file, `-` is nothing. */
const TABLE: readonly (readonly [path: string, auto: string, force: string, drop: string, none: string])[] = [
  ["", "index.html", "index.html", "index.html", "-"],
  ["index", "-> ", "-> ", "-> ", "-"],
  ["index.html", "-> ", "-> ", "-> ", "index.html"],
  ["file", "file.html", "-> file/", "file.html", "-"],
  ["file.html", "-> file", "-> file/", "-> file", "file.html"],
  ["file/", "-> file", "file.html", "-> file", "-"],
  ["file/index", "-> file", "-> file/", "-> file", "-"],
  ["file/index.html", "-> file", "-> file/", "-> file", "-"],
  ["folder", "-> folder/", "-> folder/", "folder/index.html", "-"],
  ["folder.html", "-> folder/", "-> folder/", "-> folder", "-"],
  ["folder/", "folder/index.html", "folder/index.html", "-> folder", "-"],
  ["folder/index", "-> folder/", "-> folder/", "-> folder", "-"],
  ["folder/index.html", "-> folder/", "-> folder/", "-> folder", "folder/index.html"],
  ["bin", "bin", "bin", "bin", "bin"],
  ["bin/", "-", "-", "-", "-"],
  ["bin.html", "-", "-", "-", "-"],
  ["both", "both.html", "-> both/", "both.html", "-"],
  ["both.html", "-> both", "both.html", "-> both", "both.html"],
  ["both/", "both/index.html", "both/index.html", "-> both", "-"],
  ["both/index", "-> both/", "-> both/", "-> both", "-"],
  ["both/index.html", "-> both/", "-> both/", "both/index.html", "both/index.html"],
  ["x/index", "x/index", "x/index", "x/index", "x/index"],
  ["nothing", "-", "-", "-", "-"],
  ["nothing/", "-", "-", "-", "-"],
  ["nothing/index.html", "-", "-", "-", "-"],
];

describe.each(HTML_HANDLINGS)("%s", (mode) => {
  const column = HTML_HANDLINGS.indexOf(mode) + 1;
  it.each(TABLE.map((row) => [row[0], row[column] ?? ""] as const))("/%s: %s", async (path, expected) => {
    const intent = resolvePage(await indexOf(mode, FILES), path);
    const told = intent?.kind === "file" ? intent.file.path : intent ? `-> ${intent.path}` : "-";
    expect(told).toBe(expected);
  });
});

it.each(HTML_HANDLINGS)("a redirect of %s leads in one step to the page that was meant", async (mode) => {
  const names = [
    "index.html",
    "a.html",
    "a",
    "a/index.html",
    "a/index",
    ".html",
    "a/b.html",
    "index/index.html",
    "404.html",
  ];
  for (let chosen = 1; chosen < 2 ** names.length; chosen++) {
    const files = names.filter((_, n) => chosen & (2 ** n));
    // No file system has both.
    if (files.includes("a") && files.some((path) => path.startsWith("a/"))) continue;
    const index = await indexOf(mode, files);
    for (const path of [...names, "", "a/", "a/b", "a/b/", "index", "index/", "a.html/", "404", "404/", "a/index/"]) {
      const intent = resolvePage(index, path);
      if (intent?.kind !== "moved") continue;
      expect(intent.path).not.toBe(path);
      expect(resolvePage(index, intent.path)?.kind, `${files} ${path} -> ${intent.path}`).toBe("file");
    }
  }
});
