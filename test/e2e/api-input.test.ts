/** Bad input to the control API: a stable code, a sentence that says what to do, and nothing changed. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../schema/contracts/problem.ts";
import { createToken } from "../../schema/token.ts";
import { sendSource } from "../support/api-deploy.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { type RawResponse, send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";

let world: HarnessWorld;

beforeAll(async () => {
  world = await startHarnessWorld();
  const created = await world.api("POST", "/projects", { slug: "shop" });
  expect(created.status).toBe(201);
});
afterAll(() => world.close());

function problemOf(response: RawResponse): Problem {
  expect(response.headers["content-type"]).toBe("application/problem+json");
  const problem = Problem.parse(JSON.parse(response.text));
  expect(problem.status).toBe(response.status);
  expect(problem.detail).toMatch(/[.]$/);
  return problem;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const file = (path: string) => ({ path, mode: "file", size: 2, sha256: hash("hi") });

describe("tokens", () => {
  const path = "/v1/projects";

  it("none, none of ours, and one with a wrong secret are refused with 401", async () => {
    const stranger = await createToken((length) => new Uint8Array(length).fill(7));
    const forged = world.credentials.apiToken.token.replace(/.{4}$/, "0000");
    const answers = await Promise.all(
      ["", "Basic abc", "Bearer nonsense", `Bearer ${stranger.token}`, `Bearer ${forged}`].map((authorization) =>
        send(world.origin, API_HOST, path, { headers: authorization === "" ? {} : { authorization } }),
      ),
    );
    expect(answers.map((answer) => [answer.status, problemOf(answer).code])).toEqual([
      [401, "token_missing"],
      [401, "token_missing"],
      [401, "token_unknown"],
      [401, "token_unknown"],
      [401, "token_unknown"],
    ]);
    expect(answers[0]?.headers["www-authenticate"]).toBe("Bearer");
  });
});

describe("projects", () => {
  it.each([
    ["Shop"],
    ["-shop"],
    ["shop--two"],
    ["shop-pr-4"],
    ["shop-d-0123456789ab"],
    ["a".repeat(41)],
    ["sh.op"],
    [""],
  ])("the slug %j is refused", async (slug) => {
    const problem = problemOf(await world.api("POST", "/projects", { slug }));
    expect(problem.code).toBe("body_invalid");
    expect(problem.errors?.[0]?.path).toBe("slug");
  });

  it("a taken slug is a 409, and an unknown project a 404", async () => {
    expect(problemOf(await world.api("POST", "/projects", { slug: "shop" })).code).toBe("slug_taken");
    expect(problemOf(await world.api("GET", "/projects/nobody")).code).toBe("project_not_found");
  });

  it("the same request with the same key is the same project", async () => {
    const headers = { "idempotency-key": "create-cafe" };
    const [first, second] = await Promise.all([
      world.api("POST", "/projects", { slug: "cafe" }, headers),
      world.api("POST", "/projects", { slug: "cafe" }, headers),
    ]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(JSON.parse(first.text).id).toBe(JSON.parse(second.text).id);
  });

  it("the same key with another request is a 409", async () => {
    const headers = { "idempotency-key": "create-bar" };
    expect((await world.api("POST", "/projects", { slug: "bar" }, headers)).status).toBe(201);
    for (const body of [{ slug: "pub" }, { slug: "bar", name: "Another" }]) {
      expect(problemOf(await world.api("POST", "/projects", body, headers)).code).toBe("idempotency_conflict");
    }
    expect(problemOf(await world.api("GET", "/projects/pub")).code).toBe("project_not_found");
  });

  it("a body that is no JSON, and one with unknown fields, say so", async () => {
    const raw = await send(world.origin, API_HOST, "/v1/projects", {
      method: "POST",
      headers: { authorization: `Bearer ${world.credentials.apiToken.token}` },
      body: "{ slug: shop",
    });
    expect(problemOf(raw).code).toBe("body_not_json");
    expect(problemOf(await world.api("POST", "/projects", { slug: "x", colour: "red" })).code).toBe("body_invalid");
  });

  it("an address that is none is a problem too", async () => {
    expect(problemOf(await world.api("GET", "/nothing")).code).toBe("route_not_found");
  });
});

describe("sources", () => {
  it.each(["../secret", "/etc/passwd", "a/../../b", "a//b", "./a", "a\\b", "a\u0000b", "", "a/"])(
    "the path %j is refused",
    async (path) => {
      const problem = problemOf(await world.api("POST", "/projects/shop/sources", { files: [file(path)] }));
      expect(problem.code).toBe("body_invalid");
      expect(problem.errors?.[0]?.path).toBe("files.0.path");
    },
  );

  it("no files, a path twice, and a file inside a file are refused", async () => {
    for (const files of [[], [file("a"), file("a")], [file("a"), file("a/b")]]) {
      expect(problemOf(await world.api("POST", "/projects/shop/sources", { files })).code).toBe("body_invalid");
    }
  });

  it("a blob whose bytes do not match its hash is refused, and stays missing", async () => {
    const files = [file("package.json")];
    const form = new FormData();
    form.append(hash("hi"), new Blob(["ho"]));
    const encoded = new Request("http://localhost/", { method: "POST", body: form });
    const response = await send(world.origin, API_HOST, "/v1/projects/shop/blobs", {
      method: "POST",
      headers: {
        authorization: `Bearer ${world.credentials.apiToken.token}`,
        "content-type": encoded.headers.get("content-type") ?? "",
      },
      body: Buffer.from(await encoded.arrayBuffer()),
    });
    expect(problemOf(response).code).toBe("blob_mismatch");
    const state = await world.api("POST", "/projects/shop/sources", { files });
    expect([state.status, JSON.parse(state.text)]).toEqual([
      202,
      expect.objectContaining({ committed: false, missing: [hash("hi")] }),
    ]);
  });

  it("a file that lies about the size of its stored bytes is refused", async () => {
    const path = "/projects/shop/sources";
    const target = { origin: world.origin, token: world.credentials.apiToken.token };
    await sendSource(target, "shop", { "package.json": "honest" });
    const liar = { path: "package.json", mode: "file", size: 0, sha256: hash("honest") };
    const problem = problemOf(await world.api("POST", path, { files: [liar] }));
    expect([problem.code, problem.errors?.[0]?.path]).toEqual(["body_invalid", "files.0.size"]);
  });

  it("a body that is too large is a 413", async () => {
    const huge = await world.api("POST", "/projects/shop/sources", { files: "x".repeat(17 * 1024 * 1024) });
    expect(problemOf(huge).code).toBe("body_too_large");
  });
});

describe("deployments and channels", () => {
  it("a deployment needs a committed source and a channel that is one", async () => {
    expect(problemOf(await world.api("POST", "/projects/shop/deployments", { source: hash("no") })).code).toBe(
      "source_not_found",
    );
    const wrong = await world.api("POST", "/projects/shop/deployments", { source: hash("no"), channel: "pr-007" });
    expect(problemOf(wrong).errors?.[0]?.path).toBe("channel");
  });

  it("promote and rollback of what is not there are refused", async () => {
    const deployment = "dpl_01a208a6-4374-7a58-b56b-6597d9c1c9db";
    const path = "/projects/shop/channels/production";
    expect(problemOf(await world.api("POST", `${path}/promote`, { deployment })).code).toBe("deployment_not_found");
    expect(problemOf(await world.api("POST", `${path}/promote`, { deployment: "latest" })).code).toBe("body_invalid");
    expect(problemOf(await world.api("POST", `${path}/rollback`, {})).code).toBe("channel_not_found");
    expect(problemOf(await world.api("POST", `${path}/rollback`, { expectedRev: 3 })).code).toBe("rev_conflict");
    expect(problemOf(await world.api("POST", "/projects/shop/channels/staging/rollback", {})).code).toBe(
      "channel_not_found",
    );
    expect(problemOf(await world.api("GET", `/deployments/${deployment}`)).code).toBe("deployment_not_found");
  });

  it("nothing else of this changed the project", async () => {
    const events = JSON.parse((await world.api("GET", "/projects/shop/events")).text).events as { type: string }[];
    expect(events.map(({ type }) => type)).toEqual(["project.created", "source.committed"]);
  });
});
