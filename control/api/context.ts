import type { Deps, ProjectObject } from "../deps.ts";
import type { ProjectRow } from "../directory/directory.ts";

/** Who asks. `name` is what history shows; the token's id keeps one token's idempotency keys from another's. */
export type Actor = { readonly token: string; readonly name: string };

/** What handlers find in their context. `project` and `object` only below `/projects/:project`. */
export type ApiContext = {
  Variables: { deps: Deps; actor: Actor; project: ProjectRow; object: ProjectObject };
};
