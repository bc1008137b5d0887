/** Tries the sandboxes from the strongest to the weakest, each with a real run, and takes the first that works here. */
import { access, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deploymentIdFrom, projectIdFrom } from "../schema/ids.ts";
import { err, ok, type Result } from "../schema/result.ts";
import { createBuildEnv } from "./build-env.ts";
import type { Settings } from "./env.ts";
import { describeError } from "./failure.ts";
import { createJobFolders } from "./job-folders.ts";
import type { Sandbox, SandboxTools } from "./sandbox.ts";
import { createBubblewrapSandbox } from "./sandbox-bubblewrap.ts";
import { createPlainSandbox } from "./sandbox-plain.ts";

export type SandboxChoice = {
  readonly sandbox: Sandbox;
  /** Why the stronger ones were passed over, a line each. */
  readonly passedOver: readonly string[];
};

/** Fails with a line per sandbox that was tried. */
export async function chooseSandbox(
  settings: Settings,
  tools: SandboxTools,
): Promise<Result<SandboxChoice, readonly string[]>> {
  const passedOver: string[] = [];
  for (const { name, create } of candidates(settings, tools)) {
    try {
      const sandbox = await create();
      await probe(sandbox, settings);
      return ok({ sandbox, passedOver });
    } catch (error) {
      passedOver.push(`${name}: ${describeError(error)}`);
    }
  }
  return err(passedOver);
}

type Candidate = { readonly name: string; readonly create: () => Promise<Sandbox> };

function candidates(settings: Settings, tools: SandboxTools): Candidate[] {
  const accounts = process.getuid?.() === 0 ? [settings.firstUid, null] : [null];
  const as = (firstUid: number | null) => (firstUid ? ` as uid ${firstUid}` : "");
  const bubblewrap = accounts.map((firstUid) => ({
    name: `bubblewrap${as(firstUid)}`,
    create: () => createBubblewrapSandbox(tools, { ...settings, firstUid }),
  }));
  const plain = accounts.map((firstUid) => ({
    name: `plain processes${as(firstUid)}`,
    create: () => createPlainSandbox(tools, { workDir: settings.workDir, firstUid }),
  }));
  return { auto: [...bubblewrap, ...plain], bubblewrap, plain }[settings.sandbox];
}

const PROBE_TIMEOUT_MS = 20_000;
const PROBE_UUID = "00000000-0000-7000-8000-000000000000";
/** What every build needs: Node runs, npm and the evaluator can be read, the workspace can be written. */
const PROBE = `
  for (const path of process.argv.slice(1)) fs.accessSync(path);
  fs.writeFileSync("probe", "");
`;

async function probe(sandbox: Sandbox, settings: Settings): Promise<void> {
  const job = {
    deployment: deploymentIdFrom(PROBE_UUID),
    project: projectIdFrom(PROBE_UUID),
    attempt: 0,
    settings: { root: null },
  };
  const owner = sandbox.ownerOf(0);
  const folders = await createJobFolders({
    workDir: settings.workDir,
    job,
    place: 0,
    owner,
    diskBytes: settings.limits.diskBytes,
  });
  try {
    const { node, npmCli, configEvaluator } = sandbox.inside(folders);
    const said: string[] = [];
    const outcome = await sandbox.run({
      folders,
      argv: [node, "-e", PROBE, npmCli, configEvaluator],
      env: createBuildEnv(sandbox.inside(folders), settings.packageManagerEnv),
      timeoutMs: PROBE_TIMEOUT_MS,
      memoryBytes: settings.limits.memoryBytes,
      diskBytes: settings.limits.diskBytes,
      signal: new AbortController().signal,
      onLine: (_, line) => said.push(line),
    });
    if (outcome.kind !== "exited" || outcome.code !== 0) throw new Error(said.join(" ") || outcome.kind);
    await access(join(folders.workspace, "probe"));
  } finally {
    for (const folder of [folders.root, dirname(folders.cache)]) await rm(folder, { recursive: true, force: true });
  }
}
