import type { TokenActor } from "../../schema/actor.ts";
import type { Scope } from "../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../schema/ids.ts";
import type { Deps, ProjectObject } from "../deps.ts";
import type { ProjectRow } from "../directory/directory.ts";

/** Who asks, and what may be asked. */
export type Caller = {
  readonly token: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: all projects. */
  readonly projects: readonly ProjectId[] | null;
  /** Null: never. */
  readonly expiresAt: string | null;
};

/** What handlers find in their context. `project` and `object` only below `/projects/{project}`; neither `caller` nor `actor` in a bootstrap. */
export type ApiContext = {
  Variables: {
    deps: Deps;
    caller: Caller;
    actor: TokenActor & { token: string };
    project: ProjectRow;
    object: ProjectObject;
  };
};
