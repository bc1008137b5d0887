/** What the requests of the authorisation matrix name, by the parameters of the API's paths; and who sends them. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { SCOPES, type Scope } from "../../schema/contracts/tokens.ts";
import { type ApiTarget, callApi, createDeployment, promote, sendSource, settled } from "./api-deploy.ts";
import { plainApp } from "./apps.ts";
import { FILES } from "./authorization-answers.ts";
import type { Role } from "./authorization-judge.ts";
import type { FakeBuilder } from "./fake-builder.ts";

const PROMOTE = "POST /v1/projects/{project}/channels/{channel}/promote";

/** By the name of a path's parameter. What can not be made is not there: its routes are not covered. */
export type Subjects = Readonly<Record<string, string>>;
export type Owner = {
  readonly id: string;
  readonly slug: string;
  /** SHA of what its deployments are made of. */
  readonly source: string;
  readonly subjects: Subjects;
  /** What a route needs another of, by its method and path. */
  readonly special: Readonly<Record<string, Subjects>>;
};

/** Well-formed, and nobody's. */
export const ABSENT: Owner = {
  id: "prj_01a208a6-4374-7a58-b56b-6597d9c1c9db",
  slug: "matrix-nobody",
  source: "0".repeat(64),
  special: {},
  subjects: {
    project: "matrix-nobody",
    deployment: "dpl_01a208a6-4374-7a58-b56b-6597d9c1c9db",
    webhook: "whk_01a208a6-4374-7a58-b56b-6597d9c1c9db",
    delivery: "msg_01a208a6-4374-7a58-b56b-6597d9c1c9db",
    rollout: "rol_01a208a6-4374-7a58-b56b-6597d9c1c9db",
    token: "0123456789abcdef",
    channel: "pr-7",
    environment: "preview",
  },
};

const DELIVERY_PATIENCE_MS = 10_000;
const BUILD_PATIENCE_MS = 60_000;
/** As many as there are roles that may go back to the one before, and one more. */
const RELEASES = 6;

type History = {
  readonly id: string;
  readonly slug: string;
  readonly source: string;
  readonly first: Deployment;
  readonly rollout: string | undefined;
};

/**
 * Makes two projects with one of everything that the API can make: a channel with a history, and a deployment that stays in progress.
 * @param builder of this world; it builds nothing to its end any more from then on
 */
export async function createOwners(
  target: ApiTarget,
  paths: readonly string[],
  builder: Pick<FakeBuilder, "restAt">,
): Promise<[own: Owner, foreign: Owner]> {
  builder.restAt = null;
  const [own, foreign] = await Promise.all([makeHistory(target, "own", paths), makeHistory(target, "foreign", paths)]);
  builder.restAt = "build";
  return Promise.all([makeOwner(target, own, paths), makeOwner(target, foreign, paths)]);
}

async function makeHistory(target: ApiTarget, label: string, paths: readonly string[]): Promise<History> {
  const slug = `matrix-${label}-${randomBytes(4).toString("hex")}`;
  const { id } = await make<{ id: string }>(target, "/projects", { slug });
  const source = await sendSource(target, id, FILES);
  const release = async () => settled(target, await createDeployment(target, id, { source, channel: "pr-7" }));
  const [first, second] = [await release(), await release()];
  for (let count = 2; count < RELEASES; count += 1) await promote(target, count % 2 === 0 ? first : second);
  const rollout = paths.includes("/v1/projects/{project}/rollouts") ? await startRollout(target, id) : undefined;
  return { id, slug, source, first, rollout };
}

async function makeOwner(target: ApiTarget, history: History, paths: readonly string[]): Promise<Owner> {
  const { id, slug, source, first, rollout } = history;
  const hasWebhooks = paths.includes("/v1/projects/{project}/webhooks");
  // Before the deployment: its events are what is delivered.
  const webhook = hasWebhooks
    ? (await make<{ id: string }>(target, `/projects/${id}/webhooks`, { url: "https://receiver.example/hook" })).id
    : undefined;
  const deployment = (await createDeployment(target, id, { source, channel: "pr-8", fresh: true })).id;
  const wish = { name: "matrix victim", scopes: ["read"], projects: [id] };
  const token = (await make<{ id: string }>(target, "/tokens", wish)).id;
  const list = paths.find((path) => path.endsWith("/deliveries"));
  const delivery =
    list && webhook
      ? await findDelivery(target, list.replace("/v1", "").replace("{project}", id).replace("{webhook}", webhook))
      : undefined;
  const subjects = {
    project: slug,
    channel: "pr-7",
    environment: "preview",
    deployment,
    token,
    ...(webhook && { webhook }),
    ...(delivery && { delivery }),
    ...(rollout && { rollout }),
  };
  return { id, slug, source, subjects, special: { [PROMOTE]: { deployment: first.id } } };
}

/** Every way to come without a good token, and a good one of each scope, of all projects and of one. */
export async function createRoles(target: ApiTarget, project: string): Promise<Role[]> {
  const token = async (scope: Scope, more: object = {}) =>
    make<{ id: string; secret: string }>(target, "/tokens", { name: `matrix ${scope}`, scopes: [scope], ...more });
  const lifeMs = 1_000;
  const expired = await token("admin", { expiresAt: new Date(Date.now() + lifeMs).toISOString() });
  const revoked = await token("admin");
  await callApi(target, "DELETE", `/tokens/${revoked.id}`);
  const unknown = `atl_${randomBytes(8).toString("hex")}_${randomBytes(32).toString("hex")}`;
  const good = await Promise.all(
    SCOPES.flatMap((scope) =>
      [false, true].map(async (isBound) => {
        const { secret } = await token(scope, isBound ? { projects: [project] } : {});
        return { name: `${scope}${isBound ? ", bound" : ""}`, token: secret, refused: null, scope, isBound };
      }),
    ),
  );
  await sleep(lifeMs);
  const none = { scope: "admin", isBound: false } as const;
  return [
    { name: "no token", token: null, refused: "token_missing", ...none },
    { name: "unknown token", token: unknown, refused: "token_unknown", ...none },
    { name: "expired token", token: expired.secret, refused: "token_expired", ...none },
    { name: "revoked token", token: revoked.secret, refused: "token_unknown", ...none },
    ...good,
  ];
}

/** Two deployments to production, the second of which stays a canary. Needs a builder. */
async function startRollout(target: ApiTarget, project: string): Promise<string | undefined> {
  const settings = { canary: { stages: [5, 10, 20, 30, 50, 75, 100], observationWindowSec: 86_400 } };
  await callApi(target, "PATCH", `/projects/${project}`, { settings });
  for (const text of ["one", "two"]) {
    const source = await sendSource(target, project, plainApp(text));
    const { id } = await createDeployment(target, project, { source });
    for (const until = Date.now() + BUILD_PATIENCE_MS; Date.now() < until; await sleep(100)) {
      const { status } = JSON.parse((await callApi(target, "GET", `/projects/${project}/deployments/${id}`)).text);
      if (status === "live" || status === "canary") break;
    }
  }
  const { text } = await callApi(target, "GET", `/projects/${project}/rollouts`);
  return (JSON.parse(text) as { rollouts: { id: string }[] }).rollouts[0]?.id;
}

async function findDelivery(target: ApiTarget, path: string): Promise<string | undefined> {
  for (const until = Date.now() + DELIVERY_PATIENCE_MS; Date.now() < until; await sleep(100)) {
    const { text } = await callApi(target, "GET", path);
    const [first] = (JSON.parse(text) as { deliveries: { id: string }[] }).deliveries;
    if (first) return first.id;
  }
  return undefined;
}

async function make<T>(target: ApiTarget, path: string, body: object): Promise<T> {
  const response = await callApi(target, "POST", path, body);
  if (response.status !== 201) throw new Error(`POST ${path} was refused: ${response.text}`);
  return JSON.parse(response.text) as T;
}
