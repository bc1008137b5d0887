/** The store against a storage that misbehaves as told: what it repeats, what it takes for done, what it gives up on. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { uuidv7 } from "uuidv7";
import { afterEach, describe, expect, it } from "vitest";
import { AppBundleStore } from "../../builder/app-bundle-store.ts";
import { projectIdFrom } from "../../schema/ids.ts";
import { digestOf } from "../support/digest-of.ts";

type Answer = number | "cut" | "endless" | "stalled" | { readonly status: number; readonly body: string };
type Seen = { readonly method: string; readonly path: string; readonly headers: IncomingMessage["headers"] };

const project = projectIdFrom(uuidv7());
const bytes = Buffer.from("hello");
const blob = digestOf(bytes);
let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A storage that gives these answers, one a request, and a store that talks to it. */
async function storeWith(answers: Answer[]): Promise<{ store: AppBundleStore; seen: Seen[]; abort: AbortController }> {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    request.resume().once("end", () => {
      seen.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers });
      reply(response, answers.shift() ?? 500);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const abort = new AbortController();
  const store = new AppBundleStore({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "auto",
    timeoutMs: 200,
    grant: { bucket: "bundles", accessKeyId: "key", secretAccessKey: "secret" },
    project,
    signal: abort.signal,
    retries: { attempts: 3, baseMs: 1, maxMs: 2, random: () => 0.5 },
  });
  return { store, seen, abort };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === "cut") response.destroy();
  else if (answer === "stalled") response.writeHead(200, { "content-length": 5 }).write("hel");
  else if (answer === "endless") Readable.from(endless()).pipe(response);
  else if (typeof answer === "number") response.writeHead(answer).end();
  else response.writeHead(answer.status).end(answer.body);
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(10_000);
}

describe("a blob", () => {
  it("is created once, under its hash, signed by its content", async () => {
    const { store, seen } = await storeWith([200]);
    expect(await store.putBlob(blob, bytes)).toBe(true);
    expect(seen).toMatchObject([
      {
        method: "PUT",
        path: `/bundles/blobs/${project}/${blob}?x-id=PutObject`,
        headers: { "if-none-match": "*", "x-amz-content-sha256": blob },
      },
    ]);
  });

  it("that is there already is no error", async () => {
    const { store, seen } = await storeWith([412]);
    expect(await store.putBlob(blob, bytes)).toBe(false);
    expect(seen).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ["an overload", 503],
    ["an overload that is no XML", { status: 503, body: "<html>busy" }],
    ["a conflict of two writers", 409],
    ["a cut connection", "cut"],
  ])("is sent again after %s", async (_, trouble) => {
    const { store, seen } = await storeWith([trouble, trouble, 200]);
    expect(await store.putBlob(blob, bytes)).toBe(true);
    expect(seen).toHaveLength(3);
  });

  it("is given up after so many attempts", async () => {
    const { store, seen } = await storeWith([503, 503, 503, 200]);
    await expect(store.putBlob(blob, bytes)).rejects.toThrow();
    expect(seen).toHaveLength(3);
  });

  it("is not sent again when the storage refuses our rights", async () => {
    const { store, seen } = await storeWith([403, 200]);
    await expect(store.putBlob(blob, bytes)).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });

  it("that is not there reads as null", async () => {
    const { store } = await storeWith([404]);
    expect(await store.readBlob(blob, 5)).toBeNull();
  });

  it("is read whole, and one that is larger than expected not to its end", async () => {
    const { store } = await storeWith([{ status: 200, body: "hello" }, "endless"]);
    expect(Buffer.from((await store.readBlob(blob, 5)) ?? "").toString()).toBe("hello");
    const read = (await store.readBlob(blob, 100_000))?.length ?? 0;
    expect(read).toBeGreaterThan(100_000);
    expect(read).toBeLessThan(1_000_000);
  });

  it.each<[string, Answer]>([
    ["bytes that were damaged on the way", { status: 200, body: "hellO" }],
    ["an answer that stops in the middle", "stalled"],
  ])("is read again after %s", async (_, trouble) => {
    const { store, seen } = await storeWith([trouble, trouble, { status: 200, body: "hello" }]);
    expect(Buffer.from((await store.readBlob(blob, 5)) ?? "").toString()).toBe("hello");
    expect(seen).toHaveLength(3);
  });

  it("whose stored bytes are others is an error in the end", async () => {
    const { store } = await storeWith(Array.from({ length: 3 }, () => ({ status: 200, body: "other" })));
    await expect(store.readBlob(blob, 5)).rejects.toThrow("do not match their hash");
  });

  it("is not sent for a job that was ended", async () => {
    const { store, seen, abort } = await storeWith([200]);
    abort.abort(new Error("ended"));
    await expect(store.putBlob(blob, bytes)).rejects.toThrow("ended");
    expect(seen).toEqual([]);
  });
});

describe("a manifest", () => {
  const build = digestOf("manifest");

  it("that is there already is fine when it says the same", async () => {
    const { store, seen } = await storeWith([412, { status: 200, body: "manifest" }]);
    await store.putManifest(build, "manifest");
    expect(seen.map(({ method }) => method)).toEqual(["PUT", "GET"]);
  });

  it("that is there already and says something else is an error", async () => {
    const other = { status: 200, body: "other" };
    const { store } = await storeWith([412, other, other, other]);
    await expect(store.putManifest(build, "manifest")).rejects.toThrow("do not match their hash");
  });
});
