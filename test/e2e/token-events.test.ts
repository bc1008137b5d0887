/** What happens to tokens is told: who, what, when and why, in one chain that no two who write at once can fork or tear. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TokenEvent, TokenEventPage } from "../../schema/contracts/token-events.ts";
import { ApiToken, ApiTokenPage, NewApiToken } from "../../schema/contracts/tokens.ts";
import { FIRST_PREVIOUS } from "../../schema/event-chain.ts";
import { findTokenBreak } from "../../schema/token-event-chain.ts";
import { callApi, readEvents } from "../support/api-deploy.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { type RawResponse, send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

const BOOTSTRAP_SECRET = randomBytes(24).toString("base64url");

let world: HarnessWorld;
let own: string;

beforeAll(async () => {
  world = await startHarnessWorld({ controlVars: { BOOTSTRAP_SECRET } });
  own = JSON.parse((await world.api("POST", "/projects", { slug: "own" })).text).id;
});
afterAll(() => world.close());

function call(token: string, method: string, path: string, body?: unknown): Promise<RawResponse> {
  return callApi({ origin: world.origin, token }, method, path, body);
}

async function makeToken(wish: object): Promise<NewApiToken> {
  const answer = await world.api("POST", "/tokens", { name: "test", scopes: ["admin"], ...wish });
  expect([answer.status, answer.text]).toEqual([201, expect.anything()]);
  return NewApiToken.parse(JSON.parse(answer.text));
}

async function readAll(query = ""): Promise<TokenEvent[]> {
  const all: TokenEvent[] = [];
  for (let cursor = ""; ; ) {
    const answer = await world.api("GET", `/tokens/events?limit=100${query}${cursor}`);
    const page = TokenEventPage.parse(JSON.parse(answer.text));
    all.push(...page.events);
    if (page.next === null) return all;
    cursor = `&cursor=${page.next}`;
  }
}

describe("the log of tokens", () => {
  it("tells who made and who revoked which, and why, once", async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const wish = { name: "CI", scopes: ["promote", "read"], projects: [own], expiresAt, reason: "for the pipeline" };
    const made = await makeToken(wish);
    const revoke = () => world.api("DELETE", `/tokens/${made.id}?reason=it%20leaked`);
    expect([(await revoke()).status, (await revoke()).status]).toEqual([200, 200]);
    const actor = { actor: "development", actorToken: world.credentials.apiToken.id };
    const data = { name: "CI", scopes: "read,promote", projects: own, expiresAt };
    expect(await readAll(`&token=${made.id}`)).toMatchObject([
      { type: "token.created", token: made.id, ...actor, reason: "for the pipeline", data },
      { type: "token.revoked", token: made.id, ...actor, reason: "it leaked", data: { name: "CI" } },
    ]);
    const token = ApiToken.parse(JSON.parse((await world.api("GET", `/tokens/${made.id}`)).text));
    expect(token).toMatchObject({ createdByToken: actor.actorToken, revokedByToken: actor.actorToken });
  });

  it("says nothing of a request that was repeated", async () => {
    const seen = (await readAll()).length;
    const post = () => world.api("POST", "/tokens", { name: "once", scopes: ["read"] }, { "idempotency-key": "once" });
    const answers = await Promise.all(Array.from({ length: 8 }, post));
    expect(new Set(answers.map(({ text }) => JSON.parse(text).id)).size).toBe(1);
    expect((await readAll()).slice(seen).map(({ type }) => type)).toEqual(["token.created"]);
  });

  it("is one whole chain, although thirty change something side by side", async () => {
    const victims = await Promise.all(Array.from({ length: 10 }, () => makeToken({ scopes: ["read"] })));
    const changes = [
      ...Array.from({ length: 20 }, () => world.api("POST", "/tokens", { name: "crowd", scopes: ["read"] })),
      ...victims.flatMap(({ id }) => [1, 2].map(() => world.api("DELETE", `/tokens/${id}`))),
    ];
    const answers = await Promise.all(changes);
    expect(answers.map(({ status }) => status)).toEqual([...Array(20).fill(201), ...Array(20).fill(200)]);
    const all = await readAll();
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(await findTokenBreak(all, FIRST_PREVIOUS)).toBeNull();
    // What is there is told, and what is told is there: once each.
    const rows = await world.directorySql("SELECT id, revoked_at FROM tokens");
    const told = (type: string) => all.flatMap((event) => (event.type === type ? [event.token] : []));
    const made = rows.map(({ id }) => String(id)).filter((id) => id !== world.credentials.apiToken.id);
    expect(new Set(told("token.created"))).toEqual(new Set(made));
    expect(told("token.created")).toHaveLength(made.length);
    const revoked = rows.flatMap(({ id, revoked_at: at }) => (at === null ? [] : [String(id)]));
    expect(new Set(told("token.revoked"))).toEqual(new Set(revoked));
    expect(told("token.revoked")).toHaveLength(revoked.length);
  });

  it("takes no event beside the chain: the number is taken, and nothing of the change is left", async () => {
    const before = await readAll();
    const last = before.at(-1);
    const forged =
      "INSERT INTO token_events SELECT seq, at, type, token, 'mallory', NULL, NULL, '{}', previous, hash FROM token_events WHERE seq = ?";
    await expect(world.directorySql(forged, String(last?.seq))).rejects.toThrow(/UNIQUE|constraint/);
    expect(await readAll()).toEqual(before);
  });

  it("is read in pages, oldest or newest first, by type and by token", async () => {
    const all = await readAll();
    expect(await readAll("&order=desc")).toEqual(all.toReversed());
    expect(await readAll("&type=token.revoked")).toEqual(all.filter(({ type }) => type === "token.revoked"));
    const first = JSON.parse((await world.api("GET", "/tokens/events?limit=2&order=desc")).text);
    expect(first.events).toEqual(all.slice(-2).toReversed());
    const next = `/tokens/events?limit=2&cursor=${first.next}`;
    expect(JSON.parse((await world.api("GET", `${next}&order=desc`)).text).events).toEqual(
      all.slice(-4, -2).toReversed(),
    );
    const refused = await Promise.all([world.api("GET", next), world.api("GET", `/tokens?cursor=${first.next}`)]);
    expect(refused.map(({ text }) => JSON.parse(text).code)).toEqual(["cursor_invalid", "cursor_invalid"]);
    expect(JSON.parse((await world.api("GET", "/tokens/events?type=token.lost")).text).code).toBe("query_invalid");
  });

  it("is for admins of all projects alone", async () => {
    for (const wish of [{ projects: [own] }, { scopes: ["promote", "deploy"] }]) {
      const { secret } = await makeToken(wish);
      const refused = await call(secret ?? "", "GET", "/tokens/events");
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([403, "scope_missing"]);
    }
  });
});

describe("two tokens of one name", () => {
  it("are told apart, in every event, release and deployment", async () => {
    const [alice, other] = [await makeToken({ name: "alice" }), await makeToken({ name: "alice" })];
    for (const { secret } of [alice, other]) {
      await call(secret ?? "", "PATCH", "/projects/own", { name: `named by ${secret?.slice(4, 8)}` });
    }
    const events = await readEvents(
      { origin: world.origin, token: alice.secret ?? "" },
      "own",
      "&type=project.updated",
    );
    expect(events.map(({ actor, actorToken, version }) => [actor, actorToken, version])).toEqual([
      ["alice", alice.id, 2],
      ["alice", other.id, 2],
    ]);
  });
});

describe("a list of tokens", () => {
  it("is of one project, or of those that still work", async () => {
    const bound = await makeToken({ name: "bound", projects: [own], scopes: ["read"] });
    const over = await makeToken({ name: "over", projects: [own], scopes: ["read"] });
    await world.api("DELETE", `/tokens/${over.id}`);
    const list = async (query: string) =>
      ApiTokenPage.parse(JSON.parse((await world.api("GET", `/tokens?limit=100&${query}`)).text)).tokens;
    const ofOwn = await list(`project=${own}`);
    expect(ofOwn.every(({ projects }) => projects?.includes(own as never))).toBe(true);
    expect(ofOwn.map(({ id }) => id)).toEqual(expect.arrayContaining([bound.id, over.id]));
    const active = await list(`project=${own}&active=true`);
    expect(active.map(({ id }) => id)).toEqual(
      ofOwn.flatMap(({ id, revokedAt, expiresAt }) => (revokedAt || expiresAt ? [] : [id])),
    );
    expect((await list("active=true")).every(({ revokedAt }) => revokedAt === null)).toBe(true);
    expect((await world.api("GET", "/tokens?active=yes")).status).toBe(422);
  });
});

describe("a bootstrap whose answer was lost", () => {
  const ask = (key: string | null, body: object = { name: "ops" }) =>
    send(world.origin, API_HOST, "/v1/bootstrap", {
      method: "POST",
      headers: {
        authorization: `Bearer ${BOOTSTRAP_SECRET}`,
        "content-type": "application/json",
        ...(key !== null && { "idempotency-key": key }),
      },
      body: JSON.stringify(body),
    });
  const codeOf = ({ text }: RawResponse) => (JSON.parse(text) as { code?: string }).code;
  let revoked: string[] = [];

  beforeEach(async () => {
    const rows = await world.directorySql("SELECT id FROM tokens WHERE revoked_at IS NULL");
    revoked = rows.map(({ id }) => String(id));
    await world.directorySql("UPDATE tokens SET revoked_at = created_at WHERE revoked_at IS NULL");
    return async () => {
      const ids = revoked.map((id) => `'${id}'`).join();
      await world.directorySql(`UPDATE tokens SET revoked_at = NULL WHERE id IN (${ids})`);
    };
  });

  it("is asked again: the same token gets a fresh secret, until somebody has used it", async () => {
    const first = NewApiToken.parse(JSON.parse((await ask("lost")).text));
    const again = NewApiToken.parse(JSON.parse((await ask("lost")).text));
    expect(again).toEqual({ ...first, secret: expect.any(String) });
    expect(again.secret).not.toBe(first.secret);
    expect((await call(first.secret ?? "", "GET", "/projects")).status).toBe(401);
    // Whoever has the secret, but not the request, gets nothing; nor does another request under its key.
    expect([codeOf(await ask(null)), codeOf(await ask("another"))]).toEqual(["bootstrap_closed", "bootstrap_closed"]);
    expect(codeOf(await ask("lost", { name: "mallory" }))).toBe("idempotency_conflict");
    expect((await call(again.secret ?? "", "GET", "/projects")).status).toBe(200);
    const used = async () => (await world.directorySql("SELECT last_used_at FROM tokens WHERE id = ?", first.id))[0];
    await expect.poll(used).toEqual({ last_used_at: expect.any(String) });
    expect(codeOf(await ask("lost"))).toBe("bootstrap_closed");
    expect((await call(again.secret ?? "", "GET", "/projects")).status).toBe(200);
    await call(again.secret ?? "", "DELETE", `/tokens/${first.id}`);
    revoked.push(world.credentials.apiToken.id);
  });

  it("makes another token once that one was revoked, and all of it is told", async () => {
    const first = NewApiToken.parse(JSON.parse((await ask("twice", { name: "ops", reason: "set up" })).text));
    await ask("twice", { name: "ops", reason: "set up" });
    await world.directorySql("UPDATE tokens SET revoked_at = created_at WHERE id = ?", first.id);
    const second = NewApiToken.parse(JSON.parse((await ask("twice", { name: "ops", reason: "set up" })).text));
    expect(second.id).not.toBe(first.id);
    const events = await world.directorySql(
      "SELECT type, token, actor, actor_token, reason FROM token_events ORDER BY seq DESC LIMIT 3",
    );
    expect(events.toReversed()).toEqual(
      [
        ["token.bootstrapped", first.id],
        ["token.reissued", first.id],
        ["token.bootstrapped", second.id],
      ].map(([type, token]) => ({ type, token, actor: "bootstrap", actor_token: null, reason: "set up" })),
    );
    await world.directorySql("UPDATE tokens SET revoked_at = created_at WHERE id = ?", second.id);
  });

  it("of many at once leaves one token, whose newest secret works", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask("crowd")));
    const tokens = answers.map(({ text }) => NewApiToken.parse(JSON.parse(text)));
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(1);
    const tries = await Promise.all(tokens.map(({ secret }) => call(secret ?? "", "GET", "/tokens/current")));
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
    await world.directorySql("UPDATE tokens SET revoked_at = created_at WHERE id = ?", tokens[0]?.id ?? "");
  });
});
