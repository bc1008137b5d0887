import type { Scope } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { Deps, ProjectObject } from "../deps.ts";
import type { ProjectRow } from "../directory/directory.ts";

/** Who asks. `name` is what history shows; the token's id keeps one token's idempotency keys from another's. */
export type Actor = {
  readonly token: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: all projects. */
  readonly projects: readonly ProjectId[] | null;
  /** Null: never. */
  readonly expiresAt: string | null;
};

/** What handlers find in their context. `project` and `object` only below `/projects/{project}`; no `actor` in a bootstrap. */
export type ApiContext = {
  Variables: { deps: Deps; actor: Actor; project: ProjectRow; object: ProjectObject };
};
