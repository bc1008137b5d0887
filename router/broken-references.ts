/**
 * What a build names and does not have. A visitor is free to ask for any name, so a missing file counts as an error of his
 * build only if the build itself sends him there: a page of it names the file, or a script or style that the page names. One
 * look at a page's files answers for all names there are, so that a flood of made-up ones costs nothing more.
 */
import type { Digest } from "../schema/digest.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import { createBoundedMap } from "./bounded-map.ts";
import { resolveFile } from "./file.ts";
import type { ManifestIndex } from "./manifest-index.ts";
import type { BundleStore } from "./ports.ts";
import { referencesIn } from "./references.ts";

/** A page, its scripts and styles, and theirs. Larger texts are libraries, whose names of files are few. */
const MAX_TEXTS = 24;
const MAX_TEXT_BYTES = 1024 * 1024;
/** In characters of what is kept: names that are broken are few, unless an app is. */
const KEPT_BUDGET = 500_000;
const MAX_BROKEN = 500;
const TEXT = /^(?:text\/html|text\/css|text\/javascript|application\/javascript)/;

export interface BrokenReferences {
  /** @param page the path of the page that was looked at, as `readPath` gives it */
  of(project: ProjectId, build: Digest, page: string): Promise<ReadonlySet<string>>;
}

export function createBrokenReferences(bundles: BundleStore): BrokenReferences {
  const known = createBoundedMap<ReadonlySet<string>>(KEPT_BUDGET);

  return {
    async of(project, build, page) {
      const manifest = await bundles.manifest(project, build);
      if (manifest.kind !== "found") return NOTHING;
      const start = startOf(manifest.value, page);
      if (start === null) return NOTHING;
      const key = `${project}/${build}/${start.path}`;
      const before = known.get(key);
      if (before) return before;
      const broken = await search(project, manifest.value, start);
      known.set(
        key,
        broken,
        [key, ...broken].reduce((sum, text) => sum + text.length, 0),
      );
      return broken;
    },
  };

  async function search(project: ProjectId, index: ManifestIndex, start: ManifestFile): Promise<ReadonlySet<string>> {
    const broken = new Set<string>();
    const waiting = [start];
    const seen = new Set([start.path]);
    for (let looked = 0; looked < MAX_TEXTS; looked++) {
      const file = waiting.shift();
      if (!file) break;
      const text = await readText(project, file);
      if (text === null) continue;
      for (const candidates of referencesIn(text, file.path, /script/.test(file.type))) {
        const named = candidates.flatMap((path) => index.get(path) ?? []);
        if (named.length === 0 && broken.size < MAX_BROKEN) for (const path of candidates) broken.add(path);
        for (const next of named) {
          if (seen.has(next.path)) continue;
          seen.add(next.path);
          waiting.push(next);
        }
      }
    }
    return broken;
  }

  async function readText(project: ProjectId, file: ManifestFile): Promise<string | null> {
    if (!TEXT.test(file.type) || file.size > MAX_TEXT_BYTES) return null;
    const blob = await bundles.blob(project, file);
    return blob.kind === "found" ? new Response(blob.value).text() : null;
  }
}

function startOf(index: ManifestIndex, page: string): ManifestFile | null {
  const intent = resolveFile(index, page, true);
  const there = intent.kind === "moved" ? resolveFile(index, intent.path, true) : intent;
  return there.kind === "moved" || there.kind === "nothing" ? null : there.file;
}

const NOTHING: ReadonlySet<string> = new Set();
