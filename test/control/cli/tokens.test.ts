/** `atelier bootstrap`, `tokens` and `whoami`. Secrets stand on stdout alone, and never on a command line. */
import { describe, expect, it } from "vitest";
import { ApiToken, ApiTokenPage, CreateApiToken, NewApiToken, SCOPES } from "../../../schema/contracts/tokens.ts";
import { readTokenId } from "../../../schema/token.ts";
import { BOOTSTRAP_SECRET } from "./fake-api.ts";
import { makeFolder } from "./make-folder.ts";
import { runCli, startCliWithApi } from "./run-cli.ts";
import { startWithShop } from "./start-with-shop.ts";

const NO_TOKEN = { ATELIER_TOKEN: "" };

describe.concurrent("bootstrap", () => {
  it.each([
    ["the environment", [], { ATELIER_BOOTSTRAP_SECRET: BOOTSTRAP_SECRET }, undefined],
    ["stdin", ["--secret-stdin"], {}, `${BOOTSTRAP_SECRET}\n`],
  ])("takes the secret from %s, and prints the token alone", async (_, flags, env, input) => {
    const { api, run } = await startCliWithApi();
    const { code, stdout, stderr } = await run(["bootstrap", "--name", "ops", ...flags], {
      cwd: await makeFolder(),
      env: { ...NO_TOKEN, ...env },
      ...(input !== undefined && { input }),
    });
    expect(code).toBe(0);
    expect(readTokenId(stdout.trimEnd())).toBe(api.tokens.tokens[0]?.id);
    expect(stderr).toContain("Its secret is shown this once.");
    expect(stderr).not.toContain(stdout.trimEnd());
    expect(stderr).not.toContain(BOOTSTRAP_SECRET);
    expect(api.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /bootstrap"]);
    expect(JSON.parse(String(api.seen[0]?.body))).toEqual({ name: "ops" });
  });

  it.each([
    ["nothing", [], {}, /There is no bootstrap secret\. Set ATELIER_BOOTSTRAP_SECRET, or pipe it in/],
    ["an empty stdin", ["--secret-stdin"], {}, /There was no bootstrap secret on stdin/],
    ["two lines", [], { ATELIER_BOOTSTRAP_SECRET: "a\r\nx-header: b" }, /has spaces or characters that are not ASCII/],
  ])("sends nothing with %s", async (_, flags, env, message) => {
    const { api, run } = await startCliWithApi();
    const args = ["bootstrap", "--name", "ops", ...flags];
    const { code, stdout, stderr } = await run(args, { cwd: await makeFolder(), env: { ...NO_TOKEN, ...env } });
    expect({ code, stdout, seen: api.seen }).toEqual({ code: 2, stdout: "", seen: [] });
    expect(stderr).toMatch(message);
  });

  it("is closed once there is a token", async () => {
    const { run } = await startCliWithApi();
    const options = { cwd: await makeFolder(), env: { ATELIER_BOOTSTRAP_SECRET: BOOTSTRAP_SECRET } };
    expect((await run(["bootstrap", "--name", "ops"], options)).code).toBe(0);
    const { code, stdout, stderr } = await run(["bootstrap", "--name", "other"], options);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("(bootstrap_closed)");
  });

  it("is the same request when it is said again, as its answer may have been lost", async () => {
    const { api, run } = await startCliWithApi();
    const options = { cwd: await makeFolder(), env: { ATELIER_BOOTSTRAP_SECRET: BOOTSTRAP_SECRET } };
    for (const name of ["ops", "ops", "other"]) await run(["bootstrap", "--name", name], options);
    const [first, again, other] = api.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect([again, other === first]).toEqual([first, false]);
  });

  it("with the wrong secret is exit code 3", async () => {
    const { run } = await startCliWithApi();
    const env = { ATELIER_BOOTSTRAP_SECRET: "guess" };
    const { code, stderr } = await run(["bootstrap", "--name", "ops"], { cwd: await makeFolder(), env });
    expect(code).toBe(3);
    expect(stderr).not.toContain("guess");
  });
});

describe.concurrent("tokens create", () => {
  it("binds the token to projects by their slugs, until a day, and prints it alone", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const stand = api.addProject("stand");
    const args = ["tokens", "create", "--name", "CI", "--scope", "deploy", "--scope", "promote,deploy"];
    const flags = ["--project", "shop", "--project", "stand", "--expires", "2099-03-31"];
    const { code, stdout, stderr } = await run([...args, ...flags], { cwd });
    expect(code).toBe(0);
    expect(CreateApiToken.parse(JSON.parse(String(api.seen.at(-1)?.body)))).toEqual({
      name: "CI",
      scopes: ["deploy", "promote"],
      projects: [shop.id, stand.id],
      expiresAt: "2099-03-31T00:00:00.000Z",
    });
    const id = readTokenId(stdout.trimEnd());
    expect(stderr).toContain(
      `Made the token ${id} for shop, stand, with deploy and promote, until 2099-03-31 00:00:00Z.`,
    );
    expect(stderr).toContain(`To end it: atelier tokens revoke ${id}`);
    expect(stderr).not.toContain(stdout.trimEnd());
  });

  it("prints all about it with --json, on stdout alone", async () => {
    const { run, cwd } = await startWithShop();
    const { stdout, stderr } = await run(["tokens", "create", "--name", "CI", "--scope", "read", "--json"], { cwd });
    const { secret, projects, expiresAt } = NewApiToken.parse(JSON.parse(stdout));
    expect({ projects, expiresAt }).toEqual({ projects: null, expiresAt: null });
    expect(secret).toMatch(/^atl_/);
    expect(stderr).not.toContain(String(secret));
  });

  it("says what to do when the answer that showed the secret was lost", async () => {
    const { api, run, cwd } = await startWithShop();
    api.tokens.isRepetition = true;
    const { code, stdout, stderr } = await run(["tokens", "create", "--name", "CI", "--scope", "read"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /the answer with the secret was lost\.\n +Revoke it, and make another: atelier tokens revoke \w+/,
    );
  });

  it.each([
    ["no scope", ["--name", "CI"], /required option '--scope <scope>'/],
    ["no name", ["--scope", "read"], /required option '--name <text>'/],
    [
      "an unknown scope",
      ["--name", "CI", "--scope", "root"],
      /"root" is no scope\. There are: read, deploy, promote, admin/,
    ],
    ["a time that is none", ["--name", "CI", "--scope", "read", "--expires", "soon"], /--expires takes a span like/],
    ["an empty name", ["--name", " ", "--scope", "read"], /--name is not usable/],
  ])("with %s is a wrong call, and nothing is sent", async (_, flags, message) => {
    const { api, run, cwd } = await startWithShop();
    const { code, stdout, stderr } = await run(["tokens", "create", ...flags], { cwd });
    expect({ code, stdout, seen: api.seen }).toEqual({ code: 2, stdout: "", seen: [] });
    expect(stderr).toMatch(message);
  });

  it("names every scope in its help", async () => {
    const { stdout } = await runCli(["tokens", "create", "--help"], { cwd: "/" });
    for (const scope of SCOPES) expect(stdout).toMatch(new RegExp(`--scope .*${scope}`));
  });
});

describe.concurrent("tokens, revoke and whoami", () => {
  it("lists all tokens over every page, without secrets", async () => {
    const { api, run, shop, cwd } = await startWithShop();
    const made = (index: number, fields: Partial<ApiToken> = {}) =>
      ApiToken.parse({
        id: index.toString(16).padStart(16, "0"),
        name: `Token ${index}`,
        scopes: ["read"],
        projects: null,
        createdBy: "tests",
        createdByToken: null,
        createdAt: new Date().toISOString(),
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
        revokedBy: null,
        revokedByToken: null,
        ...fields,
      });
    for (let index = 0; index < 250; index++) api.tokens.tokens.push(made(index));
    const { stdout } = await run(["tokens", "--json"], { cwd });
    expect(ApiTokenPage.parse(JSON.parse(stdout)).tokens).toEqual(api.tokens.tokens);
    expect(api.requests("GET", "/tokens")).toHaveLength(3);

    api.tokens.tokens.splice(1);
    api.tokens.tokens.push(made(1, { projects: [shop.id], expiresAt: "2020-01-01T00:00:00.000Z" }));
    api.tokens.tokens.push(made(2, { revokedAt: "2026-11-23T12:00:00.000Z" }));
    const [head, ...lines] = (await run(["tokens"], { cwd })).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^ID +SCOPES +STATE +USED +PROJECTS +NAME$/);
    expect(lines[0]).toMatch(/^0{16} +read +no end +never +all +Token 0$/);
    expect(lines[1]).toMatch(/^0{15}1 +read +ended 2020-01-01 +never +shop +Token 1$/);
    expect(lines[2]).toMatch(/^0{15}2 +read +revoked /);
  });

  it("revokes by the id, also when it is given the whole token", async () => {
    const { api, run, cwd } = await startWithShop();
    const secret = (await run(["tokens", "create", "--name", "CI", "--scope", "read"], { cwd })).stdout.trimEnd();
    const { code, stderr } = await run(["tokens", "revoke", secret], { cwd });
    expect(code).toBe(0);
    expect(api.seen.at(-1)?.path).toBe(`/tokens/${readTokenId(secret)}`);
    expect(stderr).toContain(`Revoked the token ${readTokenId(secret)}, "CI".`);
    expect(stderr).not.toContain(secret);
    const active = ApiTokenPage.parse(JSON.parse((await run(["tokens", "--active", "--json"], { cwd })).stdout));
    expect(active.tokens.map(({ id }) => id)).not.toContain(readTokenId(secret));
    const because = ["--reason", "it leaked"];
    const again = await run(["tokens", "revoke", String(readTokenId(secret)), "--json", ...because], { cwd });
    expect(api.seen.at(-1)?.path).toBe(`/tokens/${readTokenId(secret)}?reason=it+leaked`);
    expect(ApiToken.parse(JSON.parse(again.stdout)).revokedAt).not.toBeNull();
  });

  it("says who is asking", async () => {
    const { run, cwd } = await startWithShop();
    await run(["tokens", "create", "--name", "CI", "--scope", "read", "--project", "shop"], { cwd });
    const { stdout } = await run(["whoami"], { cwd });
    expect(stdout).toMatch(/^name +CI$/m);
    expect(stdout).toMatch(/^scopes +read$/m);
    expect(stdout).toMatch(/^projects +shop$/m);
    expect(ApiToken.parse(JSON.parse((await run(["whoami", "--json"], { cwd })).stdout)).name).toBe("CI");
  });
});

describe.concurrent("tokens events", () => {
  async function startWithEvents(count: number) {
    const started = await startWithShop();
    for (let index = 0; index < count; index += 1) {
      await started.api.tokens.tell({ type: "token.created", token: index.toString(16).padStart(16, "0") });
    }
    return started;
  }

  it("are shown a line each, oldest first, with the token that acted", async () => {
    const { api, run, cwd } = await startWithEvents(1);
    const token = "0".repeat(16);
    await api.tokens.tell({ type: "token.revoked", token, reason: "it leaked", data: { name: "CI" } });
    const { code, stdout } = await run(["tokens", "events"], { cwd });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(
      /^ +2 +2026-11-23 12:00:00Z +token\.revoked +0{16} +by tests \(0123456789abcdef\) name=CI "it leaked"$/,
    );
  });

  it("are read over every page with --json, or of one token alone", async () => {
    const { api, run, cwd } = await startWithEvents(250);
    const all = (await run(["tokens", "events", "--json"], { cwd })).stdout.trimEnd().split("\n");
    expect(all.map((line) => JSON.parse(line))).toEqual(api.tokens.events);
    const one = await run(["tokens", "events", "--json", "--of", "0".repeat(16)], { cwd });
    expect(JSON.parse(one.stdout)).toEqual(api.tokens.events[0]);
  });

  it("with --verify are checked as a chain, up to a hash that was printed before", async () => {
    const { api, run, cwd } = await startWithEvents(250);
    const { code, stdout } = await run(["tokens", "events", "--verify"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${api.tokens.events.at(-1)?.hash}\n` });
    expect((await run(["tokens", "events", "--expect", stdout.trim()], { cwd })).code).toBe(0);
    const event = api.tokens.events[119];
    if (event) api.tokens.events[119] = { ...event, actorToken: "fedcba9876543210" };
    const forged = await run(["tokens", "events", "--verify"], { cwd });
    expect({ code: forged.code, stdout: forged.stdout }).toEqual({ code: 1, stdout: "" });
    expect(forged.stderr).toContain(
      "The events of the tokens do not fit together: the first that does not is number 120.",
    );
  });
});
