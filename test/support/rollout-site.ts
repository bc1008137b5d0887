/** A project whose deployments roll out, and its visitors, on a world whose builder makes what a test wants. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { type ApiTarget, callApi, createDeployment, readDeployment, readEvents, sendSource } from "./api-deploy.ts";
import type { MakeFiles } from "./fake-builder.ts";
import type { RawResponse } from "./http.ts";
import { digest } from "./samples.ts";

/** The files of a bundle, as text by path. */
export type App = Readonly<Record<string, string>>;

/** A page and its script. `names`: files that the page names besides. */
export function pageApp(title: string, names: readonly string[] = []): App {
  const script = `assets/app-${digest(title).slice(0, 8)}.js`;
  const tags = [script, ...names].map((path) => `<script type="module" src="/${path}"></script>`).join("");
  return { "index.html": `<!doctype html><h1>${title}</h1>${tags}`, [script]: `document.title = "${title}";` };
}

/** What the builder makes of a source, by its SHA. */
export function createAppShelf() {
  const apps = new Map<string, App>();
  const makeFiles: MakeFiles = ({ source }) => apps.get(source) ?? { "index.html": "unknown source" };
  return { apps, makeFiles };
}
export type AppShelf = ReturnType<typeof createAppShelf>;

export type Visitor = { readonly headers: Readonly<Record<string, string>> };

/** By default everybody has an address of his own. */
export function visitorOf(n: number, address = `198.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`): Visitor {
  return { headers: { "cf-connecting-ip": address, "user-agent": `browser ${n}` } };
}

export type SiteWorld = ApiTarget & {
  app(label: string, path: string, init?: { headers?: Record<string, string> }): Promise<RawResponse>;
};

/** An answer of the app to somebody: `build` and `variant` as its headers name them. */
export type Seen = {
  readonly at: number;
  readonly path: string;
  readonly status: number;
  readonly build: string;
  readonly variant: string | null;
};

export async function openRolloutSite(world: SiteWorld, shelf: AppShelf, slug: string, canary: unknown) {
  const created = await callApi(world, "POST", "/projects", { slug });
  const { id } = JSON.parse(created.text) as { id: string };
  await callApi(world, "PATCH", `/projects/${slug}`, { settings: { canary } });
  const seen: Seen[] = [];

  async function fetchAs({ headers }: Visitor, path: string, more: Record<string, string> = {}): Promise<RawResponse> {
    const response = await world.app(slug, path, { headers: { ...headers, ...more } });
    const { "x-atelier-build": build, "x-atelier-variant": variant } = response.headers;
    seen.push({
      at: Date.now(),
      path,
      status: response.status,
      build: String(build ?? ""),
      variant: variant === undefined ? null : String(variant),
    });
    return response;
  }

  return {
    id,
    slug,
    /** Every answer so far, in the order in which they came. */
    seen,
    fetchAs,

    /** Starts a deployment of a source that a real builder builds. */
    async startSource(files: Readonly<Record<string, string>>): Promise<Deployment> {
      return createDeployment(world, slug, { source: await sendSource(world, slug, files) });
    },

    /** Starts a deployment whose bundle will be these files. */
    async start(files: App): Promise<Deployment> {
      const source = await sendSource(world, slug, { "package.json": JSON.stringify(files) });
      shelf.apps.set(source, files);
      return createDeployment(world, slug, { source });
    },

    async reaches(deployment: Deployment, status: Deployment["status"], timeoutMs = 45_000): Promise<Deployment> {
      for (const until = Date.now() + timeoutMs; ; await sleep(50)) {
        const now = await readDeployment(world, deployment);
        if (now.status === status) return now;
        if (Date.now() > until) throw new Error(`${slug}: ${now.status} (${now.failure?.reason}), not ${status}`);
      }
    },

    status: async (deployment: Deployment) => (await readDeployment(world, deployment)).status,
    events: (query = ""): Promise<ProjectEvent[]> => readEvents(world, slug, query),

    /** As a browser: the page, then what it names. @returns the status of each */
    async visit(visitor: Visitor): Promise<readonly number[]> {
      const page = await fetchAs(visitor, "/", { accept: "text/html", "sec-fetch-mode": "navigate" });
      const referer = `http://${slug}.apps.localhost/`;
      const statuses = [page.status];
      for (const [, path = ""] of page.text.matchAll(/src="([^"]+)"/g)) {
        statuses.push((await fetchAs(visitor, path, { referer })).status);
      }
      return statuses;
    },
  };
}
export type RolloutSite = Awaited<ReturnType<typeof openRolloutSite>>;

/** Visitors one after the other, a few side by side, until told to stop. `first` keeps them apart from others. */
export function keepVisiting(site: Pick<RolloutSite, "visit">, first = 0, sideBySide = 4) {
  let next = first;
  let isOver = false;
  const problems: unknown[] = [];
  const worker = async () => {
    while (!isOver) {
      await site.visit(visitorOf(next++)).catch((error: unknown) => problems.push(error));
      // The machine has other things to do.
      await sleep(5);
    }
  };
  const workers = Array.from({ length: sideBySide }, worker);
  return {
    async stop(): Promise<{ readonly visitors: number; readonly problems: readonly unknown[] }> {
      isOver = true;
      await Promise.all(workers);
      return { visitors: next - first, problems };
    },
  };
}
