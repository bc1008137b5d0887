/** Tokens by API: what they may hand on, how they end; the first one; CORS; and the limits, in workerd with low figures. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { D1Database } from "@cloudflare/workers-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../schema/contracts/problem.ts";
import { ApiToken, ApiTokenPage, NewApiToken } from "../../schema/contracts/tokens.ts";
import { createToken } from "../../schema/token.ts";
import { callApi } from "../support/api-deploy.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { type RawResponse, send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

const BOOTSTRAP_SECRET = randomBytes(24).toString("base64url");
const STUDIO = "https://studio.example";
const REQUESTS = 120;
const FAILURES = 40;
const AT_ONCE = 5;

let world: HarnessWorld;
let directory: D1Database;
const projects: string[] = [];

beforeAll(async () => {
  world = await startHarnessWorld({
    controlVars: {
      BOOTSTRAP_SECRET,
      CORS_ORIGINS: `${STUDIO}, http://${API_HOST}:8787`,
      CHANGES_PER_MINUTE: "60",
      CHANGES_AT_ONCE: String(AT_ONCE),
    },
    limits: { REQUEST_LIMIT: REQUESTS, FAILURE_LIMIT: FAILURES },
  });
  const control = world.server.getWorker<{ DIRECTORY: D1Database }>("atelier-control");
  directory = (await control.getEnv()).DIRECTORY;
  for (const slug of ["own", "foreign"]) {
    projects.push(JSON.parse((await world.api("POST", "/projects", { slug })).text).id);
  }
});
afterAll(() => world.close());

function problemOf(response: RawResponse): Problem {
  const problem = Problem.parse(JSON.parse(response.text));
  expect(response.headers["content-type"]).toBe("application/problem+json");
  expect(problem.status).toBe(response.status);
  return problem;
}

function call(token: string, method: string, path: string, body?: unknown): Promise<RawResponse> {
  return callApi({ origin: world.origin, token }, method, path, body);
}

/** Made with the world's token, which may do everything. */
async function makeToken(wish: Record<string, unknown>): Promise<ApiToken & { secret: string }> {
  const response = await world.api("POST", "/tokens", { name: "test", scopes: ["admin"], ...wish });
  expect([response.status, response.text]).toEqual([201, expect.anything()]);
  const token = NewApiToken.parse(JSON.parse(response.text));
  return { ...token, secret: token.secret ?? "" };
}

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

describe("a token", () => {
  it("is shown once, hashed at rest, and works at once", async () => {
    const { secret, ...made } = await makeToken({ name: " CI ", scopes: ["read", "deploy", "read"] });
    expect(made).toMatchObject({ name: "CI", scopes: ["read", "deploy"], projects: null, createdBy: "development" });
    expect((await call(secret, "GET", "/projects")).status).toBe(200);
    const read = await world.api("GET", `/tokens/${made.id}`);
    expect(read.text).not.toContain(secret.slice(-64));
    expect(ApiToken.parse(JSON.parse(read.text))).toEqual({ ...made, lastUsedAt: expect.anything() });
    const stored = JSON.stringify(await directory.prepare("SELECT * FROM tokens WHERE id = ?").bind(made.id).first());
    expect(stored).not.toContain(secret.slice(-64));
  });

  it("knows itself, whatever it may do", async () => {
    const { secret, id } = await makeToken({ scopes: ["read"], expiresAt: inMinutes(5) });
    const current = await call(secret, "GET", "/tokens/current");
    expect(JSON.parse(current.text)).toMatchObject({ id, scopes: ["read"], projects: null });
    expect(problemOf(await call(secret, "GET", `/tokens/${id}`)).code).toBe("scope_missing");
  });

  it("is made once by one request, and its secret is not shown again", async () => {
    const headers = { "idempotency-key": "make-one" };
    const body = { name: "once", scopes: ["read"] };
    const answers = await Promise.all([1, 2, 3].map(() => world.api("POST", "/tokens", body, headers)));
    const tokens = answers.map(({ text }) => NewApiToken.parse(JSON.parse(text)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(1);
    expect(tokens.filter(({ secret }) => secret !== null)).toHaveLength(1);
    const other = await world.api("POST", "/tokens", { ...body, scopes: ["admin"] }, headers);
    expect(problemOf(other).code).toBe("idempotency_conflict");
  });

  it("is noted with the minute of its last use", async () => {
    const { id, secret } = await makeToken({ scopes: ["read"] });
    const before = Date.now();
    expect((await call(secret, "GET", "/projects")).status).toBe(200);
    await expect
      .poll(async () => JSON.parse((await world.api("GET", `/tokens/${id}`)).text).lastUsedAt)
      .toMatch(/^....-..-..T..:..:00\.000Z$/);
    const { lastUsedAt } = ApiToken.parse(JSON.parse((await world.api("GET", `/tokens/${id}`)).text));
    expect(Date.parse(lastUsedAt ?? "")).toBeGreaterThan(before - 60_000);
  });

  it("is revoked at once here, for good, and its row stays", async () => {
    const { id, secret } = await makeToken({});
    expect((await call(secret, "GET", "/projects")).status).toBe(200);
    const [first, again] = [await world.api("DELETE", `/tokens/${id}`), await world.api("DELETE", `/tokens/${id}`)];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(JSON.parse(first.text)).toMatchObject({ revokedBy: "development", revokedAt: expect.any(String) });
    expect(JSON.parse(again.text).revokedAt).toBe(JSON.parse(first.text).revokedAt);
    const refused = await call(secret, "GET", "/projects");
    expect([refused.status, problemOf(refused).code]).toEqual([401, "token_unknown"]);
    expect(refused.headers["www-authenticate"]).toBe('Bearer error="invalid_token"');
    expect(refused.text).not.toContain(secret);
  });

  it("that was revoked elsewhere stops within 5 s", async () => {
    const { id, secret } = await makeToken({ scopes: ["read"] });
    expect((await call(secret, "GET", "/projects")).status).toBe(200);
    await directory.prepare("UPDATE tokens SET revoked_at = ? WHERE id = ?").bind(new Date().toISOString(), id).run();
    await sleep(5_000);
    expect(problemOf(await call(secret, "GET", "/projects")).code).toBe("token_unknown");
  });

  it("that expires stops in that moment, although it is remembered", async () => {
    const { secret } = await makeToken({ scopes: ["read"], expiresAt: new Date(Date.now() + 1_500).toISOString() });
    expect((await call(secret, "GET", "/projects")).status).toBe(200);
    await sleep(1_600);
    const refused = await call(secret, "GET", "/projects");
    expect([refused.status, problemOf(refused).code]).toEqual([401, "token_expired"]);
  });

  it("counts only in the Authorization header, alone and by its scheme", async () => {
    const { token } = world.credentials.apiToken;
    const ask = (path: string, headers: Record<string, string>) => send(world.origin, API_HOST, path, { headers });
    const refused = await Promise.all([
      ask(`/v1/projects?access_token=${token}&token=${token}`, {}),
      ask("/v1/projects", { "x-api-key": token, cookie: `token=${token}` }),
      ask("/v1/projects", { authorization: `Token ${token}` }),
      ask("/v1/projects", { authorization: token }),
      ask("/v1/projects", { authorization: `Bearer ${token} ${token}` }),
      ask("/v1/projects", { authorization: `Bearer ${token}, Basic abc` }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect((await ask("/v1/projects", { authorization: `bearer ${token}` })).status).toBe(200);
  });

  it("is never told back by a refusal", async () => {
    const { token } = world.credentials.apiToken;
    const answers = await Promise.all([
      world.api("GET", `/projects/${token}`),
      world.api("GET", `/tokens/${token}`),
      world.api("GET", `/${token}/x`),
      world.api("POST", "/projects", { slug: token, [token]: 1 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 422]);
    expect(answers.filter(({ text }) => text.includes(token.slice(-64)))).toEqual([]);
  });
});

describe("what a token hands on", () => {
  it("ends with it", async () => {
    const expiresAt = inMinutes(10);
    const { secret } = await makeToken({ expiresAt });
    const wish = { name: "heir", scopes: ["read"] };
    for (const later of [undefined, inMinutes(11)]) {
      const refused = await call(secret, "POST", "/tokens", { ...wish, expiresAt: later });
      expect([refused.status, problemOf(refused).code]).toEqual([403, "scope_missing"]);
    }
    expect((await call(secret, "POST", "/tokens", { ...wish, expiresAt })).status).toBe(201);
    const over = await world.api("POST", "/tokens", { ...wish, expiresAt: inMinutes(-1) });
    expect(problemOf(over).code).toBe("body_invalid");
  });

  it("stays in its projects, and does not say which others exist", async () => {
    const [own = "", foreign = ""] = projects;
    const { secret } = await makeToken({ projects: [own] });
    const make = (wish: object) => call(secret, "POST", "/tokens", { name: "heir", scopes: ["admin"], ...wish });
    expect(problemOf(await make({})).code).toBe("scope_missing");
    const absent = "prj_01a208a6-4374-7a58-b56b-6597d9c1c9db";
    const [strange, unknown] = [await make({ projects: [own, foreign] }), await make({ projects: [own, absent] })];
    expect(problemOf(strange).errors).toEqual([{ path: "projects.1", message: "is no project of this token" }]);
    expect(strange.text).toBe(unknown.text);
    expect(
      problemOf(await world.api("POST", "/tokens", { name: "x", scopes: ["read"], projects: [absent] })).code,
    ).toBe("body_invalid");
    const made = await make({ projects: [own] });
    expect([made.status, JSON.parse(made.text).projects]).toEqual([201, [own]]);
  });

  it("is all that a bound token sees and revokes", async () => {
    const [own = "", foreign = ""] = projects;
    const both = await makeToken({ projects: [own, foreign] });
    const other = await makeToken({ projects: [foreign] });
    const bound = await makeToken({ projects: [own] });
    const sister = await makeToken({ projects: [own], scopes: ["deploy"] });
    const seen: ApiToken[] = [];
    for (let cursor = ""; ; ) {
      const text = (await call(bound.secret, "GET", `/tokens?limit=1${cursor}`)).text;
      const page = ApiTokenPage.parse(JSON.parse(text));
      seen.push(...page.tokens);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    const ids = seen.map(({ id }) => id);
    expect(ids.slice(0, 2).toSorted()).toEqual([bound.id, sister.id].toSorted());
    expect(new Set(ids).size).toBe(ids.length);
    expect(seen.map(({ projects }) => projects)).toEqual(seen.map(() => [own]));
    const hidden = [both.id, other.id, world.credentials.apiToken.id, "0123456789abcdef"];
    for (const id of hidden) {
      for (const method of ["GET", "DELETE"]) {
        const refused = await call(bound.secret, method, `/tokens/${id}`);
        expect(refused.text.replaceAll(id, "<id>")).toBe(
          (await call(bound.secret, "GET", "/tokens/fedcba9876543210")).text.replaceAll("fedcba9876543210", "<id>"),
        );
      }
    }
    expect((await call(other.secret, "GET", "/tokens/current")).status).toBe(200);
    expect((await call(bound.secret, "DELETE", `/tokens/${sister.id}`)).status).toBe(200);
  });

  it("is listed newest first, page by page", async () => {
    const all = ApiTokenPage.parse(JSON.parse((await world.api("GET", "/tokens?limit=100")).text)).tokens;
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
    const paged: ApiToken[] = [];
    for (let cursor = ""; ; ) {
      const page = ApiTokenPage.parse(JSON.parse((await world.api("GET", `/tokens?limit=7${cursor}`)).text));
      paged.push(...page.tokens);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const strange = await world.api("GET", "/projects?limit=1");
    const { next } = JSON.parse(strange.text) as { next: string };
    expect(problemOf(await world.api("GET", `/tokens?cursor=${next}`)).code).toBe("cursor_invalid");
  });
});

describe("bootstrap", () => {
  const bootstrap = (secret: string, body: unknown = { name: "ops" }) => call(secret, "POST", "/bootstrap", body);

  it("is for who has the secret", async () => {
    for (const secret of [`${BOOTSTRAP_SECRET}x`, BOOTSTRAP_SECRET.slice(1), world.credentials.apiToken.token]) {
      const refused = await bootstrap(secret);
      expect([refused.status, problemOf(refused).code]).toEqual([401, "token_unknown"]);
      expect(refused.text).not.toContain(secret);
    }
    const bare = await send(world.origin, API_HOST, "/v1/bootstrap", { method: "POST" });
    expect([bare.status, problemOf(bare).code]).toEqual([401, "token_missing"]);
    expect(problemOf(await call(BOOTSTRAP_SECRET, "GET", "/projects")).code).toBe("token_unknown");
  });

  it("is closed while there is a token of all rights", async () => {
    const refused = await bootstrap(BOOTSTRAP_SECRET);
    expect([refused.status, problemOf(refused).code]).toEqual([409, "bootstrap_closed"]);
  });

  it("makes one token of two requests at once, when no usable one of all rights is there", async () => {
    const { results } = await directory.prepare("SELECT id FROM tokens WHERE revoked_at IS NULL").all<{ id: string }>();
    await directory.prepare("UPDATE tokens SET revoked_at = created_at WHERE revoked_at IS NULL").run();
    // None of these counts: it has expired, is bound, may not do everything.
    for (const [scope, bound, expiresAt] of [
      ["admin", null, inMinutes(-1)],
      ["admin", JSON.stringify(projects), null],
      ["promote", null, null],
    ]) {
      const { id, hash } = await createToken(randomBytes);
      await directory
        .prepare("INSERT INTO tokens (id, hash, name, scopes, projects, created_at, expires_at) VALUES (?,?,?,?,?,?,?)")
        .bind(id, hash, "idle", JSON.stringify([scope]), bound, new Date().toISOString(), expiresAt)
        .run();
    }
    expect(problemOf(await bootstrap(BOOTSTRAP_SECRET, { name: "" })).code).toBe("body_invalid");
    const answers = await Promise.all([1, 2, 3, 4].map(() => bootstrap(BOOTSTRAP_SECRET)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    const made = NewApiToken.parse(JSON.parse(answers.find(({ status }) => status === 201)?.text ?? ""));
    expect(made).toMatchObject({ name: "ops", scopes: ["admin"], projects: null, createdBy: "bootstrap" });
    expect((await call(made.secret ?? "", "POST", "/tokens", { name: "next", scopes: ["admin"] })).status).toBe(201);
    await directory
      .prepare(`UPDATE tokens SET revoked_at = NULL WHERE id IN (${results.map(({ id }) => `'${id}'`).join()})`)
      .run();
  });
});

describe("CORS", () => {
  const ask = (origin: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
    send(world.origin, API_HOST, "/v1/projects", { ...init, headers: { origin, ...init.headers } });
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
  const corsOf = ({ headers }: RawResponse) => Object.keys(headers).filter((name) => name.startsWith("access-control"));

  it("lets a page of a configured origin ask, without a token for the preflight", async () => {
    const { status, headers } = await ask(STUDIO, { method: "OPTIONS", headers: preflight });
    expect(status).toBe(204);
    expect(headers["access-control-allow-origin"]).toBe(STUDIO);
    expect(headers["access-control-allow-methods"]?.split(",")).toEqual(["GET", "POST", "PUT", "PATCH", "DELETE"]);
    expect(headers["access-control-allow-headers"]?.split(",")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "idempotency-key", "last-event-id"]),
    );
    expect(headers["access-control-max-age"]).toBe("7200");
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    expect(headers.vary?.toLowerCase()).toContain("origin");
  });

  it("lets it read answers and refusals, with their headers", async () => {
    const { token } = world.credentials.apiToken;
    const answers = await Promise.all([
      ask(STUDIO, { headers: { authorization: `Bearer ${token}` } }),
      ask(`http://${API_HOST}:8787`, { headers: { authorization: "Bearer nonsense" } }),
      ask(STUDIO),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401]);
    for (const { headers } of answers) {
      expect(headers["access-control-allow-origin"]).toMatch(
        /^(https:\/\/studio\.example|http:\/\/base\.localhost:8787)$/,
      );
      expect(headers["access-control-expose-headers"]).toContain("retry-after");
      expect(headers.vary?.toLowerCase()).toContain("origin");
    }
  });

  it.each(["https://evil.example", "null", `${STUDIO}.evil.example`, STUDIO.replace("https", "http")])(
    "gives the origin %s nothing",
    async (origin) => {
      const answers = await Promise.all([ask(origin, { method: "OPTIONS", headers: preflight }), ask(origin)]);
      expect(answers.flatMap(corsOf)).toEqual([]);
      expect(answers[1]?.headers.vary?.toLowerCase()).toContain("origin");
    },
  );
});

describe("limits", () => {
  it("one token's changes of one project: so many at once, refused before anything is done", async () => {
    const [own = "", foreign = ""] = projects;
    const { secret } = await makeToken({});
    const change = (project: string) => call(secret, "POST", `/projects/${project}/channels/production/rollback`, {});
    const answers = await Promise.all(Array.from({ length: 3 * AT_ONCE }, () => change(own)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 404).length).toBeGreaterThanOrEqual(AT_ONCE);
    expect(refused.length).toBeGreaterThan(AT_ONCE);
    for (const answer of refused) {
      expect(problemOf(answer).code).toBe("rate_limited");
      expect(answer.headers["retry-after"]).toMatch(/^[12]$/);
    }
    expect((await change(foreign)).status).toBe(404);
    expect((await call(secret, "GET", `/projects/${own}`)).status).toBe(200);
    const another = await makeToken({});
    const { status } = await call(another.secret, "POST", `/projects/${own}/channels/production/rollback`, {});
    expect(status).toBe(404);
    await sleep(1_100);
    expect((await change(own)).status).toBe(404);
  });

  it("one token's requests, by the limiter in front; others go on", async () => {
    const [one, other] = [await makeToken({ scopes: ["read"] }), await makeToken({ scopes: ["read"] })];
    // The limiter counts in fixed windows: the requests may fall into two of them, never into three.
    const answers = await Promise.all(
      Array.from({ length: 2 * REQUESTS + 20 }, () => call(one.secret, "GET", "/projects")),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(REQUESTS);
    expect(refused.map(problemOf).every(({ code }) => code === "rate_limited")).toBe(true);
    expect(refused[0]?.headers["retry-after"]).toBe("10");
    expect((await call(other.secret, "GET", "/projects")).status).toBe(200);
  });

  it("one network's failed authentications, by the same; a token that is known here goes on", async () => {
    const ask = (token: string, address: string, path = "/v1/projects") =>
      send(world.origin, API_HOST, path, {
        headers: { authorization: `Bearer ${token}`, "cf-connecting-ip": address },
      });
    const guess = async (address: string) => ask((await createToken(randomBytes)).token, address);
    const { token } = world.credentials.apiToken;
    const [here, neighbour] = ["2001:db8:1:2::7", "2001:db8:1:3::7"];
    expect((await ask(token, here)).status).toBe(200);
    // Its addresses are one client: those of a /64.
    const guesses = Array.from({ length: 2 * FAILURES + 20 }, (_, index) => guess(`2001:db8:1:2::${index + 1}`));
    const answers = await Promise.all(guesses);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(answers.find(({ status }) => status === 429)?.headers["retry-after"]).toBe("10");
    const refused = await Promise.all([guess(here), ask(BOOTSTRAP_SECRET, here, "/v1/bootstrap")]);
    expect(refused.map((answer) => [answer.status, problemOf(answer).code])).toEqual([
      [429, "rate_limited"],
      [429, "rate_limited"],
    ]);
    expect((await guess(neighbour)).status).toBe(401);
    expect((await ask(token, here)).status).toBe(200);
  });
});
