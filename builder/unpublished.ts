/** What of the output is not for visitors: instructions to the platform, what `.assetsignore` names, and source maps. */
import createIgnore from "ignore";
import { formatCount } from "../schema/figures.ts";
import type { OutputFile } from "./collect.ts";
import { readRegularFile } from "./regular-file.ts";

/** At the root of the output, in the words of Workers Static Assets. */
export const META_FILES = { headers: "_headers", redirects: "_redirects", ignore: ".assetsignore" } as const;
const META_PATHS: ReadonlySet<string> = new Set(Object.values(META_FILES));

const SOURCE_MAP = /\.(?:[cm]?js|css)\.map$/;
/** Far more than people write. */
export const MAX_META_BYTES = 512 * 1024;

export type Publishable = {
  readonly files: readonly OutputFile[];
  /** For the log. */
  readonly notes: readonly string[];
};

/** @param ignoreText what `.assetsignore` holds, in the syntax of `.gitignore`; null without one */
export function leaveOut(
  files: readonly OutputFile[],
  { ignoreText, sourceMaps }: { readonly ignoreText: string | null; readonly sourceMaps: boolean },
): Publishable {
  const visible = files.filter(({ path }) => !META_PATHS.has(path));
  const rules = createIgnore().add(ignoreText ?? "");
  const kept = ignoreText === null ? visible : visible.filter(({ path }) => !rules.ignores(path));
  const published = sourceMaps ? kept : kept.filter(({ path }) => !SOURCE_MAP.test(path));
  const [ignored, maps] = [visible.length - kept.length, kept.length - published.length];
  return {
    files: published,
    notes: [
      ...(ignored > 0 ? [`${META_FILES.ignore} keeps ${formatCount(ignored, "file")} from being published.`] : []),
      ...(maps > 0
        ? [
            `${formatCount(maps, "source map")} left out: set serving.sourceMaps in atelier.config.ts if they may be read.`,
          ]
        : []),
    ],
  };
}

/** The text of one of the files above, null without one. Throws for one that no person wrote. */
export async function readMetaFile(
  files: readonly OutputFile[],
  path: (typeof META_FILES)[keyof typeof META_FILES],
): Promise<string | null> {
  const file = files.find((file) => file.path === path);
  if (file === undefined) return null;
  const bytes = await readRegularFile(file.diskPath, MAX_META_BYTES);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
