/** Bad input to the control API: a stable code, a sentence that says what to do, and nothing changed. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../schema/contracts/problem.ts";
import { MAX_FILE_BYTES, MAX_SOURCE_FILES } from "../../schema/limits.ts";
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

/** A body as it is, called JSON. */
function sendText(path: string, body: string, contentType: string | null = "application/json"): Promise<RawResponse> {
  const headers = {
    authorization: `Bearer ${world.credentials.apiToken.token}`,
    ...(contentType !== null && { "content-type": contentType }),
  };
  return send(world.origin, API_HOST, `/v1${path}`, { method: "POST", headers, body });
}

async function sendForm(form: FormData): Promise<RawResponse> {
  const encoded = new Request("http://localhost/", { method: "POST", body: form });
  const headers = {
    authorization: `Bearer ${world.credentials.apiToken.token}`,
    "content-type": encoded.headers.get("content-type") ?? "",
  };
  const body = Buffer.from(await encoded.arrayBuffer());
  return send(world.origin, API_HOST, "/v1/projects/shop/blobs", { method: "POST", headers, body });
}

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
    ["sh\u00f6p"],
    ["\uff53hop"],
    ["sho\u200dp"],
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
    for (const contentType of [null, "text/plain"]) {
      const problem = problemOf(await sendText("/projects", '{"slug":"untyped"}', contentType));
      expect([problem.code, problem.detail]).toEqual(["body_not_json", expect.stringContaining("Content-Type")]);
    }
    expect(problemOf(await world.api("POST", "/projects", { slug: "x", colour: "red" })).code).toBe("body_invalid");
  });

  it("an address that is none is a problem too", async () => {
    expect(problemOf(await world.api("GET", "/nothing")).code).toBe("route_not_found");
  });
});

describe("sources", () => {
  it.each(["../secret", "/etc/passwd", "a/../../b", "a//b", "./a", "a\\b", "a\u0000b", "a\u0085b", "", "a/"])(
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
    const response = await sendForm(form);
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

  it("names that differ only by letter case or Unicode form are refused, and both are named", async () => {
    for (const [one, other] of [
      ["README.md", "readme.md"],
      ["caf\u00e9.txt", "cafe\u0301.txt"],
      ["src/a.ts", "Src/b.ts"],
    ] as const) {
      const body = { files: [file("package.json"), file(one), file(other)] };
      const problem = problemOf(await world.api("POST", "/projects/shop/sources", body));
      expect([problem.code, problem.errors?.map(({ path }) => path)]).toEqual(["body_invalid", ["files.2.path"]]);
      expect(problem.detail).toContain(`"${other}" and "${one}"`);
    }
  });

  it("a body that is too large is a 413, and so are more parts than a list of files can have", async () => {
    const huge = await world.api("POST", "/projects/shop/sources", { files: "x".repeat(17 * 1024 * 1024) });
    expect(problemOf(huge).code).toBe("body_too_large");
    for (const body of [
      `{"files":${"[".repeat(5_000_000)}${"]".repeat(5_000_000)}}`,
      `{"files":${"[".repeat(10_000_000)}`,
      `{"files":[${"{},".repeat(3_500_000)}{}]}`,
    ]) {
      expect(problemOf(await sendText("/projects/shop/sources", body)).code).toBe("body_too_large");
    }
    const nested = `{"files":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    expect(problemOf(await sendText("/projects/shop/sources", nested)).code).toBe("body_invalid");
  });

  it("10 MB are too much for any other body, whatever is in them", async () => {
    const nested = `{"slug":${"[".repeat(5_000_000)}${"]".repeat(5_000_000)}}`;
    for (const path of ["/projects", "/projects/shop/deployments", "/projects/shop/channels/production/promote"]) {
      expect(problemOf(await sendText(path, nested)).code).toBe("body_too_large");
    }
    expect(problemOf(await sendText("/projects", `{"slug":${"[".repeat(100_000)}`)).code).toBe("body_not_json");
    expect(problemOf(await sendText("/projects", `{"slug":${"[".repeat(9_000)}${"]".repeat(9_000)}}`)).code).toBe(
      "body_invalid",
    );
  });

  it("too many files, and files that are too large alone or together, are refused", async () => {
    const many = Array.from({ length: MAX_SOURCE_FILES + 1 }, (_, index) => file(`f${index}`));
    const large = { ...file("a"), size: MAX_FILE_BYTES + 1 };
    const together = Array.from({ length: 41 }, (_, index) => ({ ...file(`f${index}`), size: MAX_FILE_BYTES }));
    const codes = await Promise.all(
      [many, [large], together, [{ ...file("a"), owner: "root" }]].map(async (files) => {
        const { code, errors } = problemOf(await world.api("POST", "/projects/shop/sources", { files }));
        return [code, errors?.[0]?.path];
      }),
    );
    expect(codes).toEqual([
      ["body_invalid", "files"],
      ["body_invalid", "files.0.size"],
      ["body_too_large", undefined],
      ["body_invalid", "files.0"],
    ]);
  });

  it("a part without a filename is no file: it says so instead of damaging the bytes", async () => {
    const form = new FormData();
    form.append(hash("hi"), "hi");
    const problem = problemOf(await sendForm(form));
    expect(problem.code).toBe("body_invalid");
    expect(problem.detail).toMatch(/has no filename.*Send each part as a file/);
    const misnamed = new FormData();
    misnamed.append("package.json", new Blob(["hi"]));
    expect(problemOf(await sendForm(misnamed)).detail).toContain("must be named by the sha256");
    const json = await world.api("POST", "/projects/shop/blobs", { [hash("hi")]: "hi" });
    expect(problemOf(json).detail).toContain("Send multipart/form-data");
  });
});

describe("keys and cursors", () => {
  const target = () => ({ origin: world.origin, token: world.credentials.apiToken.token });

  it("twenty posts with one key side by side are one deployment, and the key takes no other body", async () => {
    await world.api("POST", "/projects", { slug: "keys" });
    const source = await sendSource(target(), "keys", { "package.json": "{}" });
    const headers = { "idempotency-key": "deploy-once" };
    const path = "/projects/keys/deployments";
    const post = (body: object) => world.api("POST", path, body, headers);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post({ source })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(JSON.parse((await world.api("GET", path)).text).deployments).toHaveLength(1);
    for (const body of [
      { source, message: "another" },
      { source, channel: "pr-1" },
      { source, fresh: true },
    ]) {
      expect(problemOf(await post(body)).code).toBe("idempotency_conflict");
    }
    expect(JSON.parse((await world.api("GET", path)).text).deployments).toHaveLength(1);
  });

  it("a header that does not fit says so by a code of its own", async () => {
    const logs = "/projects/shop/deployments/dpl_01a208a6-4374-7a58-b56b-6597d9c1c9db/logs";
    for (const [method, path, header] of [
      ["POST", "/projects/shop/deployments", { "idempotency-key": "k".repeat(201) }],
      ["POST", "/projects", { "idempotency-key": "" }],
      ["GET", logs, { "last-event-id": "the last" }],
    ] as const) {
      const body = method === "POST" ? { slug: "headers", source: hash("no") } : undefined;
      const problem = problemOf(await world.api(method, path, body, header));
      expect([problem.code, problem.status]).toEqual(["header_invalid", 422]);
      expect(problem.errors?.map((error) => error.path)).toEqual(Object.keys(header));
    }
  });

  it("a repetition has its first answer although the project was deleted in between; nothing new is done", async () => {
    await world.api("POST", "/projects", { slug: "ended" });
    const source = await sendSource(target(), "ended", { "package.json": "{}" });
    const headers = { "idempotency-key": "before-the-end" };
    const path = "/projects/ended/deployments";
    const post = (body: object, key: Record<string, string> = headers) => world.api("POST", path, body, key);
    const first = await post({ source });
    const rename = () => world.api("PATCH", "/projects/ended", { name: "Ended" }, headers);
    const renamed = await world.api("PATCH", "/projects/ended", { name: "Ended" }, { "idempotency-key": "rename" });
    expect([first.status, renamed.status]).toEqual([202, 200]);
    expect((await world.api("DELETE", "/projects/ended")).status).toBe(200);
    const again = await post({ source });
    expect([again.status, again.text]).toEqual([202, first.text]);
    const refused = [
      await post({ source }, { "idempotency-key": "after-the-end" }),
      await post({ source }, {}),
      await post({ source, fresh: true }),
      await rename(),
    ];
    expect(refused.map((answer) => problemOf(answer).code)).toEqual([
      "project_deleted",
      "project_deleted",
      "idempotency_conflict",
      "idempotency_conflict",
    ]);
    expect((await world.api("POST", "/projects/ended/sources", { files: [] }, headers)).status).toBe(409);
  });

  it("a parameter that is none is refused: a misspelt filter would show everything, a misspelt reason be lost", async () => {
    await world.api("POST", "/projects", { slug: "typos" });
    for (const [method, path, parameter] of [
      ["GET", "/projects", "prefx=a"],
      ["GET", "/projects/typos/deployments", "chanel=production"],
      ["GET", "/projects/typos/events", "since=3"],
      ["GET", "/projects/typos/webhooks", "active=true"],
      ["DELETE", "/projects/typos/channels/pr-1", "raeson=over"],
      ["DELETE", "/projects/typos", "raeson=over"],
    ] as const) {
      const problem = problemOf(await world.api(method, `${path}?${parameter}`));
      expect([problem.code, problem.detail]).toEqual([
        "query_invalid",
        expect.stringContaining(parameter.split("=")[0] ?? ""),
      ]);
    }
    expect((await world.api("GET", "/projects/typos?anything=1")).status).toBe(200);
  });

  it("a cursor serves only the list, the filters and the project that gave it out", async () => {
    const next: Record<string, string> = {};
    for (const slug of ["pages-a", "pages-b"]) {
      await world.api("POST", "/projects", { slug });
      const source = await sendSource(target(), slug, { "package.json": "{}" });
      for (let count = 0; count < 3; count += 1) {
        await world.api("POST", `/projects/${slug}/deployments`, { source, channel: "pr-1" });
      }
      const page = JSON.parse((await world.api("GET", `/projects/${slug}/deployments?limit=1`)).text);
      next[slug] = page.next;
    }
    const read = (path: string, cursor: string | undefined) =>
      world.api("GET", `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor ?? "")}`);
    expect((await read("/projects/pages-a/deployments", next["pages-a"])).status).toBe(200);
    const wrong = [
      await read("/projects/pages-b/deployments", next["pages-a"]),
      await read("/projects/pages-a/deployments?channel=pr-1", next["pages-a"]),
      await read("/projects/pages-a/deployments?status=failed", next["pages-a"]),
      await read("/projects/pages-a/channels", next["pages-a"]),
      await read("/projects/pages-a/channels/pr-1/releases", next["pages-a"]),
      await read("/projects/pages-a/webhooks", next["pages-a"]),
      await read("/tokens/events", next["pages-a"]),
      await read("/projects", next["pages-a"]),
      await read("/projects/pages-a/deployments", `${next["pages-a"]}x`),
      await read("/projects/pages-a/deployments", "\u00e9\u20ac"),
    ];
    expect(wrong.map((answer) => problemOf(answer).code)).toEqual(wrong.map(() => "cursor_invalid"));
    expect(problemOf(await read("/projects/pages-a/deployments", "")).code).toBe("query_invalid");
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
    expect(problemOf(await world.api("POST", `${path}/rollback`, { expectedRev: 0 })).code).toBe("body_invalid");
    // 0 is where a channel is on which nothing has been: what is refused then is the deployment.
    expect(problemOf(await world.api("POST", `${path}/promote`, { deployment, expectedRev: 0 })).code).toBe(
      "deployment_not_found",
    );
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
