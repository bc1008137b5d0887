import * as z from "zod";
import {
  ApiToken,
  ApiTokenPage,
  CreateApiToken,
  ListTokens,
  NewApiToken,
  RevokeApiToken,
  TokenId,
} from "../../schema/contracts/tokens.ts";
import { createToken } from "../../schema/token.ts";
import type { Deps } from "../deps.ts";
import type { TokenRow } from "../directory/tokens.ts";
import type { Caller } from "./context.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody } from "./route.ts";
import { maySee, refuseGrant, strangeProjects } from "./token-grant.ts";
import type { TokenMemory } from "./token-memory.ts";
import { findTokenOf } from "./token-requests.ts";
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
  description: "Those that were revoked or have expired are among them, unless `active=true`.",
  request: { query: ListTokens },
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
  request: { params: TokenParams, query: RevokeApiToken },
  responses: { 200: json(ApiToken, "Revoked, now or before.") },
});

export function tokenRoutes(memory: TokenMemory) {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit, active, project } = c.req.valid("query");
    const { directory, now } = c.var.deps;
    const list = ["tokens", project, active];
    const after = decodeCursor(list, cursor, Position);
    const usableAt = active && new Date(now()).toISOString();
    const query = { project, of: c.var.caller.projects, usableAt, after, limit: limit + 1 };
    const rows = await directory.tokens.list(query);
    const { page, next } = cutPage(list, rows, limit, ({ createdAt, id }) => `${createdAt} ${id}`);
    return c.json({ tokens: page.map(toApiToken), next }, 200);
  });

  // Before the route that would take "current" for an id.
  routes.openapi(currentRoute, async (c) => c.json(toApiToken(await findToken(c.var, c.var.actor.token)), 200));

  routes.openapi(readRoute, async (c) => c.json(toApiToken(await findToken(c.var, c.req.valid("param").token)), 200));

  routes.openapi(createTokenRoute, async (c) => {
    const { caller, actor, deps } = c.var;
    const { directory, now, randomBytes } = deps;
    const wish = c.req.valid("json");
    const request = await readRequestKey(c, wish);
    const earlier = await findTokenOf(deps, request);
    if (earlier) return c.json({ ...toApiToken(earlier), secret: null }, 201);
    await checkGrant(deps, caller, wish);
    const made = await createToken(randomBytes);
    const row = newTokenRow(made, wish, { actor, at: now(), request });
    if (await directory.tokens.add(row, { actor, reason: wish.reason ?? null }))
      return c.json({ ...toApiToken(row), secret: made.token }, 201);
    const winner = await findTokenOf(deps, request);
    if (!winner) throw new Error(`the token ${row.id} was neither added nor there`);
    return c.json({ ...toApiToken(winner), secret: null }, 201);
  });

  routes.openapi(revokeRoute, async (c) => {
    const { actor, deps } = c.var;
    const { directory, now } = deps;
    const { reason = null } = c.req.valid("query");
    const token = await findToken(c.var, c.req.valid("param").token);
    await directory.tokens.revoke(token, { actor, at: new Date(now()).toISOString(), reason });
    memory.forget(token.id, now());
    return c.json(toApiToken(await findToken(c.var, token.id)), 200);
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
async function findToken({ deps, caller }: { deps: Deps; caller: Caller }, id: string): Promise<TokenRow> {
  const row = await deps.directory.tokens.find(id);
  if (row && maySee(caller, row)) return row;
  throw new ProblemError("token_not_found", `There is no token "${id}" here. GET /v1/tokens lists all.`);
}

async function checkGrant({ directory, now }: Deps, caller: Caller, wish: CreateApiToken): Promise<void> {
  const refusal = refuseGrant(caller, wish, now());
  if (refusal) throw new ProblemError(refusal.code, refusal.detail);
  const { projects = [] } = wish;
  const existing = projects.length > 0 ? await directory.findProjectIds(projects) : [];
  const strange = strangeProjects(caller, projects, existing).map((index) => ({
    path: `projects.${index}`,
    message: "is no project of this token",
  }));
  if (strange.length > 0) {
    throw new ProblemError("body_invalid", "Name projects by the ids that GET /v1/projects lists.", strange);
  }
  const usable = await directory.tokens.countUsable(caller.projects, new Date(now()).toISOString());
  if (usable >= MAX_TOKENS) {
    throw new ProblemError("limit_reached", `There are ${usable} usable tokens. Revoke those that nobody uses.`);
  }
}
