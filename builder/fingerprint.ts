/**
 * Which output files have a hash of their content in their name. Browsers keep those for a year without asking again, so
 * the two mistakes weigh differently: a hashed file that is missed costs a revalidation, a plain file that is taken for
 * hashed stays stale for a year at every visitor. So when in doubt: no.
 *
 * A file counts if its name does not occur in the source (what was copied from `public/` was named by people), if it is
 * of a kind that bundlers emit, and if its name ends in a part that looks like a hash. A part that could as well be a word
 * or a number counts only where the whole folder speaks for it: every file the build made there has such a part, and
 * one of them can not be a word.
 */

import { FINGERPRINTED_ENDING } from "../schema/fingerprinted-name.ts";

export type NamedFile = {
  readonly path: string;
  /** A file of the source, in whatever folder, has the same base name. */
  readonly inSource: boolean;
};

export function fingerprintedPaths(files: readonly NamedFile[]): ReadonlySet<string> {
  const made = files.filter(({ inSource }) => !inSource).map(({ path }) => ({ path, ...readShape(path) }));
  const folders = Map.groupBy(made, ({ path }) => path.slice(0, path.lastIndexOf("/") + 1));
  const paths = [...folders.values()].flatMap((siblings) => {
    const folderSpeaks =
      siblings.every(({ shape }) => shape !== "none") && siblings.some(({ shape }) => shape === "strong");
    return siblings.filter((file) => {
      if (file.shape === "strong" && !file.wholeName) return true;
      // A name that is nothing but the hash could be somebody's id; a single one says too little about its folder.
      const company = file.wholeName ? siblings.length > 1 : true;
      return (file.shape === "strong" || file.shape === "weak") && folderSpeaks && company;
    });
  });
  return new Set(paths.map(({ path }) => path));
}

/**
 * `strong` can hardly be a word, `weak` has a hash's length and alphabet but could be one, `number` as well but is never
 * taken (dates, ids, page numbers).
 */
type Shape = "strong" | "weak" | "number" | "none";

/** HTML, data and documents are left out: their names are addresses. */
const BUNDLED = new RegExp(`^(?<stem>.+?)${FINGERPRINTED_ENDING}$`);

/** Vite, Rollup, Rolldown: 8 of base64url, whose own `-` and `_` are no separators. esbuild, Parcel and others fit too. */
const BASE64URL_8 = /(?:^|[-._])(?<hash>[A-Za-z0-9_-]{8})$/;
/** webpack and its kin: 8 to 64 hex digits. 24 are a MongoDB id. */
const HEX = /(?:^|[-._])(?<hash>(?![0-9a-f]{24}$)[0-9a-f]{8,64})$/;
/** An id that somebody gave, not a hash of anything. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readShape(path: string): { shape: Shape; wholeName: boolean } {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const stem = BUNDLED.exec(name)?.groups?.stem;
  if (stem === undefined || UUID.test(stem)) return { shape: "none", wholeName: false };
  const hash = (HEX.exec(stem) ?? BASE64URL_8.exec(stem))?.groups?.hash;
  if (hash === undefined) return { shape: "none", wholeName: false };
  return { shape: shapeOf(hash), wholeName: hash === stem };
}

function shapeOf(hash: string): Shape {
  if (/^\d+$/.test(hash)) return "number";
  return hash.split(/[-_]/).every(couldBeWord) ? "weak" : "strong";
}

/**
 * `gallery`, `QRReader`, `version2`, `step2Foo`, `LICENSES`, `v2`, `1280x720`, and nothing between two separators.
 * The look-ahead leaves one way to read a run of letters: a hostile name must not make the matcher try them all.
 */
const WORDS = /^(?:[A-Z]?[a-z]{2,}(?![a-z])\d*|[A-Z]{2,}\d*(?=$|[A-Z][a-z]{2}))*$/;
const LETTER_OR_SIZE = /^(?:[A-Za-z]\d*|\d+(?:x\d+)?)$/;

function couldBeWord(part: string): boolean {
  return WORDS.test(part) || LETTER_OR_SIZE.test(part);
}
