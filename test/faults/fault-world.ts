/** The platform in this process, its control one that can be made to fail, with a builder that only keeps the contract. */
import { join } from "node:path";
import type { KVNamespace } from "@cloudflare/workers-types";
import type { BuildJob } from "../../schema/contracts/build.ts";
import type { ApiTarget } from "../support/api-deploy.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import type { FaultOrder, FaultReport, ReleaseOrder, TickOrder } from "../support/fault-orders.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { send } from "../support/http.ts";
import { digest } from "../support/samples.ts";
import { WITHOUT_GRACE } from "../support/sweeps.ts";
import { API_HOST, ROOT } from "../support/world-config.ts";

export type FaultWorld = HarnessWorld &
  ApiTarget & {
    readonly builder: FakeBuilder;
    /** What goes wrong from now on; an order without faults ends them. */
    order(order: FaultOrder): Promise<void>;
    report(project: string): Promise<FaultReport>;
    releaseCopies(order: ReleaseOrder): Promise<void>;
    deliverAhead(order: TickOrder): Promise<void>;
    /** What KV has under the key. */
    readCopy(key: string): Promise<string | null>;
  };

export async function startFaultWorld(controlVars: Readonly<Record<string, string>> = {}): Promise<FaultWorld> {
  const controlMain = join(ROOT, "test/fixtures/workers/faulty-control.ts");
  const world = await startHarnessWorld({
    controlMain,
    controlVars: { ...WITHOUT_GRACE.controlVars, ...controlVars },
  });
  const builder = await startFakeBuilder(world.builderPort, world.putObject, visitableApp);
  const control = await world.server.getWorker<{ REGISTRY: KVNamespace }>("atelier-control").getEnv();
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await send(world.origin, API_HOST, path, init);
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.text;
  };
  const tell = async (path: string, body: unknown): Promise<void> => {
    await ask("POST", path, body);
  };
  return {
    ...world,
    token: world.credentials.apiToken.token,
    builder,
    order: (order) => tell("/faults", order),
    report: async (project) => JSON.parse(await ask("GET", `/faults?project=${project}`)) as FaultReport,
    releaseCopies: (order) => tell("/faults/release", order),
    deliverAhead: (order) => tell("/faults/tick", order),
    readCopy: (key) => control.REGISTRY.get(key),
    close: async () => {
      await builder.close();
      await world.close();
    },
  };
}

/** A page with two fingerprinted files; each names the page, so that a visitor sees what does not belong together. */
function visitableApp({ source, attempt }: BuildJob): Record<string, string> {
  const page = `${source.slice(0, 12)} attempt ${attempt}`;
  const fingerprint = digest(page).slice(0, 8);
  const [style, script] = [`assets/app-${fingerprint}.css`, `assets/app-${fingerprint}.js`];
  return {
    "index.html": `<!doctype html><link href="/${style}"><script src="/${script}"></script><h1>${page}</h1>`,
    [style]: `body::after { content: ${JSON.stringify(page)} }`,
    [script]: `document.title = ${JSON.stringify(page)}`,
  };
}
