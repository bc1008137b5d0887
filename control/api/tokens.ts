import * as z from "zod";
import { Paging } from "../../schema/contracts/paging.ts";
import { ApiToken, ApiTokenPage, CreateApiToken, NewApiToken, TokenId } from "../../schema/contracts/tokens.ts";
import { createToken } from "../../schema/token.ts";
import type { Deps } from "../deps.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { Actor } from "./context.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody } from "./route.ts";
import { maySee, refuseGrant, strangeProjects } from "./token-grant.ts";
import type { TokenMemory } from "./token-memory.ts";
import { newTokenRow, toApiToken } from "./token-row.ts";

/** Usable ones, of those that a token knows of. Nobody tells more apart, and each is a way in. */
const MAX_TOKENS = 1_000;

const TokenParams = z.object({ token: TokenId });

const listRoute = defineRoute({
  method: "get",
  path: "/tokens",
  tags: ["Tokens"],
  scope: "admin",
  summary: "List the tokens, newest first",
  request: { query: Paging },
  responses: { 200: json(ApiTokenPage, "One page. A token of some projects sees those that are bound to no others.") },
});

const currentRoute = defineRoute({
  method: "get",
  path: "/tokens/current",
  tags: ["Tokens"],
  scope: "token",
  summary: "Look at the token that asks",
  request: {},
  responses: { 200: json(ApiToken, "The token of this request.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/tokens/{token}",
  tags: ["Tokens"],
  scope: "admin",
  summary: "Look at a token",
  request: { params: TokenParams },
  responses: { 200: json(ApiToken, "The token, without its secret.") },
});

const createTokenRoute = defineRoute({
  method: "post",
  path: "/tokens",
  tags: ["Tokens"],
  scope: "admin",
  summary: "Make a token",
  description: "It may do no more than the token that makes it, in no other projects and for no longer.",
  request: { headers: IdempotencyHeaders, body: jsonBody(CreateApiToken) },
  responses: { 201: json(NewApiToken, "The token. Its `secret` is shown this once.") },
});

const revokeRoute = defineRoute({
  method: "delete",
  path: "/tokens/{token}",
  tags: ["Tokens"],
  scope: "admin",
  summary: "Revoke a token",
  description: "It stops everywhere within 5 seconds. Its row stays, as history names it.",
  request: { params: TokenParams },
  responses: { 200: json(ApiToken, "Revoked, now or before.") },
});

export function tokenRoutes(memory: TokenMemory) {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const list = ["tokens"];
    const after = decodeCursor(list, cursor, Position);
    const of = c.var.actor.projects;
    const rows = await c.var.deps.directory.tokens.list({ of, after, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, ({ createdAt, id }) => `${createdAt} ${id}`);
    return c.json({ tokens: page.map(toApiToken), next }, 200);
  });

  // Before the route that would take "current" for an id.
  routes.openapi(currentRoute, async (c) => c.json(toApiToken(await findToken(c.var, c.var.actor.token)), 200));

  routes.openapi(readRoute, async (c) => c.json(toApiToken(await findToken(c.var, c.req.valid("param").token)), 200));

  routes.openapi(createTokenRoute, async (c) => {
    const { actor, deps } = c.var;
    const { directory, now, randomBytes } = deps;
    const wish = c.req.valid("json");
    const request = await readRequestKey(c, wish);
    const earlier = await findEarlier(deps, request);
    if (earlier) return c.json({ ...toApiToken(earlier), secret: null }, 201);
    await checkGrant(deps, actor, wish);
    const made = await createToken(randomBytes);
    const row = newTokenRow(made, wish, { name: actor.name, at: now(), request });
    if (await directory.tokens.add(row)) return c.json({ ...toApiToken(row), secret: made.token }, 201);
    const winner = await findEarlier(deps, request);
    if (!winner) throw new Error(`the token ${row.id} was neither added nor there`);
    return c.json({ ...toApiToken(winner), secret: null }, 201);
  });

  routes.openapi(revokeRoute, async (c) => {
    const { directory, now } = c.var.deps;
    const { id } = await findToken(c.var, c.req.valid("param").token);
    await directory.tokens.revoke(id, new Date(now()).toISOString(), c.var.actor.name);
    memory.forget(id, now());
    return c.json(toApiToken(await findToken(c.var, id)), 200);
  });

  return routes;
}

const Position = z.string().transform((text, context) => {
  const [createdAt, id] = text.split(" ");
  if (createdAt && id) return { createdAt, id };
  context.addIssue("must be a time and a token id");
  return z.NEVER;
});

/** @throws ProblemError `token_not_found`, also for one that this token may not see */
async function findToken({ deps, actor }: { deps: Deps; actor: Actor }, id: string): Promise<TokenRow> {
  const row = await deps.directory.tokens.find(id);
  if (row && maySee(actor, row)) return row;
  throw new ProblemError("token_not_found", `There is no token "${id}" here. GET /v1/tokens lists all.`);
}

/** The token that the same request made before. */
async function findEarlier({ directory }: Deps, request: RequestKey | null): Promise<TokenRow | null> {
  const earlier = request && (await directory.tokens.findByRequest(request.key));
  if (earlier && earlier.requestHash !== request.requestHash) {
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    throw new ProblemError("idempotency_conflict", detail);
  }
  return earlier;
}

async function checkGrant({ directory, now }: Deps, actor: Actor, wish: CreateApiToken): Promise<void> {
  const refusal = refuseGrant(actor, wish, now());
  if (refusal) throw new ProblemError(refusal.code, refusal.detail);
  const { projects = [] } = wish;
  const existing = projects.length > 0 ? await directory.findProjectIds(projects) : [];
  const strange = strangeProjects(actor, projects, existing).map((index) => ({
    path: `projects.${index}`,
    message: "is no project of this token",
  }));
  if (strange.length > 0) {
    throw new ProblemError("body_invalid", "Name projects by the ids that GET /v1/projects lists.", strange);
  }
  const usable = await directory.tokens.countUsable(actor.projects, new Date(now()).toISOString());
  if (usable >= MAX_TOKENS) {
    throw new ProblemError("limit_reached", `There are ${usable} usable tokens. Revoke those that nobody uses.`);
  }
}
