/**
 * bubblewrap: the app's code sees a read-only system, Node and npm, its workspace and its cache, and nothing else of this
 * machine. Own user, pid, mount, ipc and uts namespaces; no capabilities; its pid 1 dies with us, and everything with it.
 * The network is shared: npm needs the registry, and what may be reached is decided outside of the builder.
 */
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildLimits, PackageManagerEnv } from "./env.ts";
import { type JobFolders, writtenFolders } from "./job-folders.ts";
import { runProcess } from "./run-process.ts";
import { type InsidePaths, ownerAt, type Sandbox, type SandboxRequest, type SandboxTools } from "./sandbox.ts";

/** Ids inside; outside they are the owner's. */
const INSIDE_UID = "1000";
const MIB = 1024 * 1024;
/** Files in memory do not count as memory of a process, so their room is bounded here. */
const TMPFS_BYTES = String(512 * MIB);
const SHM_BYTES = String(256 * MIB);
const MAX_WRITTEN_FILE_BYTES = 2 * 1024 * MIB;
/** After the processes of a namespace are told to end. */
const END_TIMEOUT_MS = 5_000;

const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];
const SYSTEM_FILES = [
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/nsswitch.conf",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/ca-certificates",
  "/etc/pki/tls/certs",
  "/etc/localtime",
  "/etc/alternatives",
  "/etc/ld.so.cache",
];

const INSIDE: Omit<InsidePaths, "app"> = {
  workspace: "/workspace",
  home: "/home/build",
  tmp: "/tmp",
  config: "/config",
  cache: "/cache",
  node: "/toolchain/node/node",
  npmCli: "/toolchain/npm/bin/npm-cli.js",
  configEvaluator: "/toolchain/evaluate-config.ts",
  path: "/toolchain/bin:/usr/local/bin:/usr/bin:/bin",
};

export type BubblewrapSettings = {
  readonly workDir: string;
  /** The account of place 0; null when builds run as our own. */
  readonly firstUid: number | null;
  readonly limits: BuildLimits;
  readonly packageManagerEnv: PackageManagerEnv;
};

export async function createBubblewrapSandbox(tools: SandboxTools, settings: BubblewrapSettings): Promise<Sandbox> {
  const accounts = await writeAccounts(settings.workDir);
  const fixed = [
    ...namespaceArgs(),
    ...systemArgs(accounts),
    ...toolchainArgs(tools),
    ...certificateArgs(settings.packageManagerEnv),
  ];
  const [file = "", ...limitArgs] = limitCommand(settings);
  return {
    kind: "bubblewrap",
    ownerOf: (place) => ownerAt(settings.firstUid, place),
    warning: process.getuid?.() === 0 && settings.firstUid === null ? ROOT_WARNING : null,
    inside: (folders) => ({ ...INSIDE, app: appFolder(folders) }),

    async run({ folders, argv, appEnv = {}, ...request }: SandboxRequest) {
      const args = [...limitArgs, ...fixed, "--args", "4", ...jobArgs(folders), "--", ...argv];
      const diskFolders = writtenFolders(folders);
      const { outcome, status } = await runProcess({
        file,
        args,
        cwd: "/",
        owner: folders.owner,
        diskFolders,
        // Neither in an argument, which everybody on this machine can read, nor in the environment of what sets up the sandbox.
        input: Object.entries(appEnv)
          .map(([name, value]) => `--setenv\0${name}\0${value}\0`)
          .join(""),
        ...request,
      });
      await untilGone(Number(/"child-pid": (\d+)/.exec(status)?.[1]));
      // bubblewrap reports an exit code only if it came as far as starting the command.
      if (outcome.kind === "exited" && !status.includes('"exit-code"')) throw new Error("the sandbox did not start");
      return outcome;
    },
  };
}

const ROOT_WARNING =
  "The sandbox could not change to another account and runs builds as root without rights: the number of their processes is not limited.";

/** A memory shortage of the machine should end a build rather than the builder. */
function limitCommand({ firstUid, limits }: BubblewrapSettings): string[] {
  // The number is counted per account: for one that has other processes too it would hit the wrong ones.
  const processes = firstUid ? [`--nproc=${limits.maxProcesses}`] : [];
  return [
    ...[findCommand("prlimit"), "--core=0", `--fsize=${MAX_WRITTEN_FILE_BYTES}`, ...processes],
    ...[findCommand("choom"), "-n", "800", "--", findCommand("bwrap")],
  ];
}

/** Not by PATH: the environment of the process is the build's. */
function findCommand(name: string): string {
  const path = ["/usr/local/bin", "/usr/bin", "/bin"].map((folder) => join(folder, name)).find((p) => existsSync(p));
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

function namespaceArgs(): string[] {
  return [
    ...["--unshare-user", "--disable-userns", "--uid", INSIDE_UID, "--gid", INSIDE_UID],
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "build"],
    ...["--new-session", "--die-with-parent", "--cap-drop", "ALL", "--json-status-fd", "3"],
  ];
}

function systemArgs(accounts: { readonly passwd: string; readonly group: string }): string[] {
  return [
    ...SYSTEM_FOLDERS.filter((path) => existsSync(path)).flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path],
    ),
    ...SYSTEM_FILES.flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--ro-bind", accounts.passwd, "/etc/passwd", "--ro-bind", accounts.group, "/etc/group"],
    ...["--proc", "/proc", "--dev", "/dev"],
    ...["--size", SHM_BYTES, "--tmpfs", "/dev/shm", "--size", TMPFS_BYTES, "--tmpfs", INSIDE.tmp],
  ];
}

function toolchainArgs({ node, npm, configEvaluator }: SandboxTools): string[] {
  return [
    ...["--ro-bind", node, INSIDE.node, "--ro-bind", npm, dirname(dirname(INSIDE.npmCli))],
    ...["--ro-bind", configEvaluator, INSIDE.configEvaluator],
    ...["--symlink", INSIDE.node, "/toolchain/bin/node", "--symlink", INSIDE.npmCli, "/toolchain/bin/npm"],
    ...["--symlink", join(dirname(INSIDE.npmCli), "npx-cli.js"), "/toolchain/bin/npx"],
  ];
}

/** Certificate files that the operator named and that are not part of the system folders. */
function certificateArgs({ NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR }: PackageManagerEnv): string[] {
  const bound = [...SYSTEM_FOLDERS, ...SYSTEM_FILES];
  return [NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR]
    .flatMap((path) => (path && isAbsolute(path) ? [path] : []))
    .filter((path) => !bound.some((covered) => path === covered || path.startsWith(`${covered}/`)))
    .flatMap((path) => ["--ro-bind-try", path, path]);
}

function jobArgs(folders: JobFolders): string[] {
  return [
    ...["--bind", folders.workspace, INSIDE.workspace, "--bind", folders.home, INSIDE.home],
    ...["--bind", folders.cache, INSIDE.cache, "--bind", folders.config, INSIDE.config],
    // Last, so that the mount points above could still be made.
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", appFolder(folders)],
  ];
}

function appFolder({ appRoot }: JobFolders): string {
  return join(INSIDE.workspace, appRoot ?? "");
}

/** Without an entry for its uid, `os.userInfo()` throws, and some build tools call it. */
async function writeAccounts(workDir: string): Promise<{ passwd: string; group: string }> {
  const folder = join(workDir, "etc");
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const passwd = join(folder, "passwd");
  const group = join(folder, "group");
  await writeFile(passwd, `build:x:${INSIDE_UID}:${INSIDE_UID}:build:${INSIDE.home}:/bin/sh\n`);
  await writeFile(group, `build:x:${INSIDE_UID}:\n`);
  return { passwd, group };
}

/** The namespace's pid 1 is only gone when every other process of the namespace is. */
async function untilGone(pid: number): Promise<void> {
  if (!Number.isSafeInteger(pid)) return;
  const deadline = Date.now() + END_TIMEOUT_MS;
  while (await isAlive(pid)) {
    if (Date.now() > deadline) throw new Error("processes of the build did not end");
    await sleep(5);
  }
}

async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
  // "<pid> (<name>) <state> ...": a zombie has given up everything it had.
  return stat !== null && !/\) [ZX] /.test(stat);
}
