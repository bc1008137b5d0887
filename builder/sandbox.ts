/** The port to whatever keeps an app's own code (install scripts, build, config) away from the builder and from other apps. */
import type { JobFolders } from "./job-folders.ts";
import type { FinishedProcess, Owner, ProcessRequest } from "./run-process.ts";

/** Where things are for a process in the sandbox. */
export type InsidePaths = {
  readonly workspace: string;
  /** The app's folder, in the workspace. */
  readonly app: string;
  readonly home: string;
  readonly tmp: string;
  readonly config: string;
  readonly cache: string;
  readonly node: string;
  readonly npmCli: string;
  readonly configEvaluator: string;
  /** The search path for `node`, `npm`, `npx` and the system's commands. */
  readonly path: string;
};

export type SandboxRequest = Pick<
  ProcessRequest,
  "env" | "timeoutMs" | "memoryBytes" | "diskBytes" | "signal" | "redaction" | "onLine"
> & {
  /** The app's own variables: only what runs inside may see them, as some change what a program does. They win over `env`. */
  readonly appEnv?: Readonly<Record<string, string>>;
  readonly folders: JobFolders;
  readonly argv: readonly [string, ...string[]];
};

export interface Sandbox {
  readonly kind: "bubblewrap" | "plain";
  /**
   * Who the app's code runs as at this place, so that its folders can be given to that account; null is our own account.
   * An account for each place, since the system counts processes by account: a fork bomb must not stop its neighbours.
   */
  ownerOf(place: number): Owner | null;
  /** What this sandbox does not hold, for every build's log; null when it holds everything. */
  readonly warning: string | null;
  inside(folders: JobFolders): InsidePaths;
  /** Runs in the app's folder, which must be there. When it returns, nothing that the command started is alive, or `warning` says what may be. */
  run(request: SandboxRequest): Promise<FinishedProcess["outcome"]>;
}

/** The programs on this machine that a sandbox offers. Absolute paths. */
export type SandboxTools = {
  readonly node: string;
  /** npm's package folder. */
  readonly npm: string;
  readonly configEvaluator: string;
};

/** `firstUid` is the account of place 0; null when builds run as our own. */
export function ownerAt(firstUid: number | null, place: number): Owner | null {
  return firstUid === null ? null : { uid: firstUid + place, gid: firstUid + place };
}
