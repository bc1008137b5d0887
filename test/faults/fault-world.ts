/** The platform in this process, its control one that can be made to fail, with a builder that only keeps the contract. */
import { join } from "node:path";
import type { ApiTarget } from "../support/api-deploy.ts";
import { type FakeBuilder, startFakeBuilder } from "../support/fake-builder.ts";
import type { FaultOrder, FaultReport, ReleaseOrder, TickOrder } from "../support/fault-orders.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { send } from "../support/http.ts";
import { API_HOST, ROOT } from "../support/world-config.ts";

export type FaultWorld = HarnessWorld &
  ApiTarget & {
    readonly builder: FakeBuilder;
    /** What goes wrong from now on; an order without faults ends them. */
    order(order: FaultOrder): Promise<void>;
    report(project: string): Promise<FaultReport>;
    releaseCopies(order: ReleaseOrder): Promise<void>;
    deliverAhead(order: TickOrder): Promise<void>;
  };

export async function startFaultWorld(): Promise<FaultWorld> {
  const world = await startHarnessWorld({ controlMain: join(ROOT, "test/fixtures/workers/faulty-control.ts") });
  const builder = await startFakeBuilder(world.builderPort, world.putObject);
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
    close: async () => {
      await builder.close();
      await world.close();
    },
  };
}
