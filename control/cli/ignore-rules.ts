/**
 * What of a workspace stays at home, as git sees it: the `.gitignore` of every folder from the repository's top down, the
 * deepest having the last word; and some names that never leave, whatever the rules say.
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

export type IgnoreRules = {
  /** @param path from the deployed folder, with a slash at the end for a folder */
  ignores(path: string): boolean;
  /** The rules inside a folder, which may bring a `.gitignore` of its own. */
  inside(folder: string): Promise<IgnoreRules>;
};

/** Secrets, histories and what is installed anew. `.env*` holds the settings of this machine. */
const NEVER_SENT = /^(?:\.git|node_modules|\.env.*|\.atelier|\.DS_Store)$/;

/** One `.gitignore`. `at` is its folder from the repository's top, ending in a slash, or empty. */
type Layer = { readonly at: string; readonly rules: Ignore };

export async function readIgnoreRules(root: string): Promise<IgnoreRules> {
  const top = (await findRepositoryTop(root)) ?? root;
  const within = relative(top, root).split(sep).filter(Boolean);
  const prefix = within.map((name) => `${name}/`).join("");
  const above: Layer[] = [];
  for (let depth = 0; depth < within.length; depth++) {
    above.push(...(await readLayer(top, within.slice(0, depth))));
  }
  // Whoever deploys a folder that its repository ignores (a build output, say) means what is in it.
  const outer = prefix !== "" && isIgnored(above, prefix) ? [] : above;
  return createRules(top, prefix, [...outer, ...(await readLayer(top, within))]);
}

function createRules(top: string, prefix: string, layers: readonly Layer[]): IgnoreRules {
  return {
    ignores(path) {
      const name = path.replace(/\/$/, "").split("/").at(-1) ?? "";
      return NEVER_SENT.test(name) || isIgnored(layers, prefix + path);
    },
    async inside(folder) {
      const path = `${prefix}${folder}/`;
      // A deeper rule may have re-included this folder. The shallower one that left it out has no say about what is in it.
      const valid = layers.filter(({ at, rules }) => !rules.test(path.slice(at.length)).ignored);
      return createRules(top, prefix, [...valid, ...(await readLayer(top, path.split("/").filter(Boolean)))]);
    },
  };
}

function isIgnored(layers: readonly Layer[], path: string): boolean {
  for (const { at, rules } of layers.toReversed()) {
    const { ignored, unignored } = rules.test(path.slice(at.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}

async function readLayer(top: string, folder: readonly string[]): Promise<Layer[]> {
  try {
    const text = await readFile(join(top, ...folder, ".gitignore"), "utf8");
    return [{ at: folder.map((name) => `${name}/`).join(""), rules: ignore({ ignorecase: false }).add(text) }];
  } catch {
    return [];
  }
}

async function findRepositoryTop(folder: string): Promise<string | null> {
  for (let current = folder; ; current = dirname(current)) {
    if (await exists(join(current, ".git"))) return current;
    if (current === dirname(current)) return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
