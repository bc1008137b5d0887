/** The apps that the fuzzer asks for: every file says in its bytes whose it is, so a foreign one can not go unnoticed. */
import { compileRules } from "../../../builder/rules/compile-rules.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import type { HtmlHandling } from "../../../schema/html-handling.ts";
import { deploymentIdFrom, type ProjectId, projectIdFrom } from "../../../schema/ids.ts";
import type { createMemoryBundleStore } from "../memory-bundle-store.ts";
import type { createRouterWorld } from "../router-world.ts";
import { arm, type Bundle, bundleOf, canaryArm, routeRecord } from "../routes.ts";

/** A redirect twice: as the builder compiles it, and as plain code for the reference. */
export interface RuleOfSite {
  readonly text: string;
  /** Of the decoded path. @returns status and target */
  readonly apply: (path: string) => readonly [number, string] | null;
}

export interface Build {
  readonly name: string;
  readonly html: HtmlHandling;
  readonly paths: readonly string[];
  readonly rules: readonly RuleOfSite[];
}

export interface Site {
  readonly project: ProjectId;
  readonly channel: Channel;
  readonly hosts: readonly string[];
  /** What everybody gets; the other side of a rollout that nobody is on comes first among the others. */
  readonly own: Build;
  readonly others: readonly Build[];
  /** How the record says which is which: without a rollout, or with one at no or full weight. */
  readonly rollout: "none" | "at_0" | "at_100";
}

const build = (
  name: string,
  html: HtmlHandling,
  paths: readonly string[],
  rules: readonly RuleOfSite[] = [],
): Build => ({
  name,
  html,
  paths,
  rules,
});

const ODD = [
  "fünke.txt",
  "with space.txt",
  "100%.txt",
  "a#b.txt",
  "a?b.txt",
  "a+b.txt",
  "[id].html",
  "日本/語.html",
  "%41.txt",
];
const SHOP = build("shop", "auto-trailing-slash", [
  ...["index.html", "about.html", "docs/index.html", "docs/guide.html", "both.html", "both/index.html", "bin", "empty"],
  ...["404.html", "docs/404.html", "assets/app-B1c2D3e4.js", "assets/app-B1c2D3e4.css", ".well-known/x", "constructor"],
  ...ODD,
]);
const SHOP_OLD = build("shop-old", "auto-trailing-slash", [
  "index.html",
  "gone.html",
  "logo.png",
  "assets/app-Z9y8X7w6.js",
]);
const APP = build("app", "drop-trailing-slash", [
  "index.html",
  "about.html",
  "docs/index.html",
  "assets/index-D64VDMd1.js",
]);
const APP_CANARY = build("app-canary", "drop-trailing-slash", ["index.html", "assets/index-C1c1C1c1.js"]);
const FORCED = build("forced", "force-trailing-slash", [
  "index.html",
  "about.html",
  "docs/index.html",
  "docs.html",
  "x.js",
]);
const RAW = build("raw", "none", ["index.html", "about.html", "docs/index.html", "404.html"]);
const MOVED = build(
  "moved",
  "auto-trailing-slash",
  ["index.html", "new.html", "blog/a.html", "404.html"],
  [
    { text: "/old /new 301", apply: (path) => (path === "old" ? [301, "/new"] : null) },
    { text: "/new-home / 308", apply: (path) => (path === "new-home" ? [308, "/"] : null) },
    {
      text: "/news/* /blog/:splat",
      apply: (path) => (path.startsWith("news/") ? [302, `/blog/${escapeTaken(path.slice(5))}`] : null),
    },
    {
      text: "/u/:id/edit /blog/:id?edit=1 307",
      apply: (path) => {
        const parts = path.split("/");
        if (parts.length !== 3 || parts[0] !== "u" || parts[2] !== "edit" || parts[1] === "") return null;
        return [307, `/blog/${escapeTaken(parts[1] ?? "")}?edit=1`];
      },
    },
  ],
);
const PREVIEW = build("preview", "auto-trailing-slash", ["index.html", "about.html", "assets/app-P1r2E3v4.js"]);

function escapeTaken(text: string): string {
  return text.split("/").map(encodeURIComponent).join("/");
}

const project = (n: number) => projectIdFrom(`01990000-0000-7000-8000-00000000010${n}`);

export const SITES: readonly Site[] = [
  {
    ...{
      project: project(1),
      channel: PRODUCTION,
      hosts: ["shop.apps.test", "www.example.com", "xn--bcher-kva.example"],
    },
    ...{ own: SHOP, others: [SHOP_OLD], rollout: "none" },
  },
  {
    ...{ project: project(1), channel: Channel.parse("pr-42"), hosts: ["shop-pr-42.apps.test"] },
    ...{ own: PREVIEW, others: [], rollout: "none" },
  },
  {
    ...{ project: project(2), channel: PRODUCTION, hosts: ["app.apps.test"] },
    ...{ own: APP, others: [APP_CANARY], rollout: "at_0" },
  },
  {
    ...{ project: project(3), channel: PRODUCTION, hosts: ["canary.apps.test"] },
    ...{ own: APP_CANARY, others: [APP], rollout: "at_100" },
  },
  { project: project(4), channel: PRODUCTION, hosts: ["forced.apps.test"], own: FORCED, others: [], rollout: "none" },
  { project: project(5), channel: PRODUCTION, hosts: ["raw.apps.test"], own: RAW, others: [], rollout: "none" },
  {
    project: project(6),
    channel: PRODUCTION,
    hosts: ["moved.apps.test", "a.b.example"],
    own: MOVED,
    others: [SHOP_OLD],
    rollout: "none",
  },
];

/** What a file holds. */
export function bytesOf(site: Site, { name }: Build, path: string): string {
  return path.endsWith("empty") ? "" : `${site.project} ${name} ${path}`;
}

/** Has its content's hash in its name, as the test's bundles have it. */
export function isFingerprinted(path: string): boolean {
  return /-[A-Za-z0-9_]{8}\.\w+$/.test(path);
}

type World = ReturnType<typeof createRouterWorld<ReturnType<typeof createMemoryBundleStore>>>;

/** @returns the storage keys of each project */
export async function publishSites(world: World): Promise<void> {
  for (const site of SITES) {
    const builds: Bundle[] = [];
    for (const one of [site.own, ...site.others]) {
      const bundle = await bundleFor(site, one);
      world.bundles.add(bundle);
      builds.push(bundle);
    }
    const [own, ...others] = builds;
    if (!own) throw new Error("a site has a build");
    world.publish(site.hosts[0] ?? "", recordOf(site, own, others));
    for (const host of site.hosts.slice(1)) world.publish(host, recordOf(site, own, others));
  }
  // What a project says of a preview that was never deployed.
  for (const host of NEVER_DEPLOYED) world.own(host, project(1), { kind: "empty", rev: 0, building: false });
}

/** Previews of an app that exists. */
export const NEVER_DEPLOYED = ["shop-pr-7.apps.test", "shop-pr-999999999.apps.test"];

function recordOf(site: Site, own: Bundle, others: readonly Bundle[]) {
  const { project, channel } = site;
  const [other] = others;
  if (site.rollout === "none" || !other) {
    return routeRecord({ project, channel, live: arm(own.build), retained: others.map(({ build }) => build) });
  }
  const [live, canary] = site.rollout === "at_0" ? [own, other] : [other, own];
  const weightBps = site.rollout === "at_0" ? 0 : 10_000;
  const deployment = deploymentIdFrom("01990000-0000-7000-8000-00000000000a");
  return routeRecord({
    project,
    channel,
    live: arm(live.build, deployment),
    canary: canaryArm(canary.build, weightBps),
  });
}

async function bundleFor(site: Site, { html, paths, rules, ...rest }: Build): Promise<Bundle> {
  const contents = Object.fromEntries(
    paths.map((path) => [path, bytesOf(site, { html, paths, rules, ...rest }, path)]),
  );
  const texts = { redirects: rules.map(({ text }) => text).join("\n"), headers: null };
  const compiled = compileRules(texts, { html, hasFile: (path) => paths.includes(path) });
  if (compiled.notes.length > 0) throw new Error(compiled.notes.join("\n"));
  return bundleOf(contents, site.project, { html, ...(compiled.rules && { rules: compiled.rules }) });
}
