/** Sends random requests through the whole router and compares each answer with the reference's. */
import type { createRouterWorld } from "../router-world.ts";
import { createMemoryWorld } from "../router-world.ts";
import { seededRandom } from "../seeded-random.ts";
import { type Expected, expectedAnswer, type FuzzRequest } from "./reference.ts";
import { randomRequest } from "./requests.ts";
import { publishSites, SITES } from "./sites.ts";

export interface FuzzOutcome {
  /** Sent; what no HTTP server would hand on, because it is no URL, is not among them. */
  readonly requests: number;
  /** Other status, bytes or address than the reference has. */
  readonly misroutes: number;
  /** Thrown, or answered with 5xx. */
  readonly crashes: number;
  /** Storage keys of a project that the host does not belong to. */
  readonly foreignKeys: number;
  /** By status, to see that all kinds occur. */
  readonly statuses: Readonly<Record<number, number>>;
  /** The first of what went wrong. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 10;

export async function runFuzzer(seed: number, count: number): Promise<FuzzOutcome> {
  const random = seededRandom(seed);
  const world = createMemoryWorld();
  await publishSites(world);
  const outcome = { requests: 0, misroutes: 0, crashes: 0, foreignKeys: 0 };
  const statuses: Record<number, number> = {};
  const examples: string[] = [];
  const complain = (what: string, request: FuzzRequest) => {
    if (examples.length < MAX_EXAMPLES) examples.push(`${what}: ${JSON.stringify(request)}`.slice(0, 400));
  };

  while (outcome.requests < count) {
    const request = randomRequest(random);
    if (!URL.canParse(`http://${request.host}${request.target}`)) continue;
    outcome.requests += 1;
    world.bundles.reads.length = 0;
    world.log.length = 0;
    world.background.length = 0;
    world.registry.asked.length = 0;
    // Misses of hosts are remembered, and the directory is behind a limit of reads per second.
    if (outcome.requests % 10 === 0) await world.clock.advance(1_000);
    const expected = expectedAnswer(request);
    let response: Response;
    try {
      response = await send(world, request);
    } catch (error) {
      outcome.crashes += 1;
      complain(`threw ${error}`, request);
      continue;
    }
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    if (response.status >= 500) {
      outcome.crashes += 1;
      complain(`answered ${response.status}`, request);
    }
    const wrong = await difference(response, expected);
    if (wrong !== null) {
      outcome.misroutes += 1;
      complain(wrong, request);
    }
    const owner = ownerOf(request);
    outcome.foreignKeys += world.bundles.reads.filter(
      (key) => owner === null || !key.split("/").includes(owner),
    ).length;
  }
  return { ...outcome, statuses, examples };
}

async function send(
  world: ReturnType<typeof createRouterWorld>,
  { method, host, target, headers }: FuzzRequest,
): Promise<Response> {
  const bare = Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return world.fetch(`http://${host.replace(/^.*@/, "")}${target}`, { method, headers: Object.fromEntries(bare) });
}

async function difference(response: Response, expected: Expected): Promise<string | null> {
  const body = await response.text();
  if (response.status !== expected.status) return `${response.status} instead of ${expected.status}`;
  const location = response.headers.get("location");
  if (location !== expected.location) return `to ${location} instead of ${expected.location}`;
  return expected.body !== null && body !== expected.body ? `"${body}" instead of "${expected.body}"` : null;
}

function ownerOf({ host, target }: FuzzRequest): string | null {
  const name = new URL(`http://${host}${target}`).hostname.replace(/\.$/, "");
  return SITES.find(({ hosts }) => hosts.includes(name))?.project ?? null;
}
