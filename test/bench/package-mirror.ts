/**
 * A package mirror on loopback. It asks the registry that npm is configured with and keeps every answer, so that an
 * install that it has seen once comes without the registry, whose swings are larger than what is measured.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

export type PackageMirror = {
  /** For the environment of whoever installs. */
  readonly npmEnv: Readonly<Record<string, string>>;
  /** How many requests the registry has been asked so far. */
  passedOn(): number;
  close(): void;
};

type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer };

const REGISTRY_TIMEOUT_MS = 60_000;
/** What npm's cache goes by. Lengths and encodings are those of a connection. */
const KEPT_HEADERS = ["content-type", "cache-control", "etag", "last-modified"];

/** Of a registry that wants no credentials: npm would not send them here, and nobody looks for them. */
export async function startPackageMirror(): Promise<PackageMirror> {
  const { stdout } = await promisify(execFile)("npm", ["config", "get", "registry"]);
  const registry = stdout.trim().replace(/\/*$/, "/");
  const kept = new Map<string, Promise<Answer>>();
  let passedOn = 0;

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  return {
    // Both spellings, as either may be set already.
    npmEnv: { npm_config_registry: mirror, NPM_CONFIG_REGISTRY: mirror },
    passedOn: () => passedOn,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };

  /** One URL has a document in full and one for installs: what is accepted is part of the question. */
  function answer({ method, url = "/", headers: { accept = "*/*" } }: IncomingMessage): Promise<Answer> {
    if (method !== "GET") return Promise.resolve({ status: 405, headers: {}, body: Buffer.alloc(0) });
    const question = `${accept} ${url}`;
    const known = kept.get(question);
    if (known !== undefined) return known;
    const asking = ask(url, accept);
    kept.set(question, asking);
    asking.then(
      ({ status }) => status === 200 || kept.delete(question),
      () => kept.delete(question),
    );
    return asking;
  }

  async function ask(url: string, accept: string): Promise<Answer> {
    passedOn += 1;
    const signal = AbortSignal.timeout(REGISTRY_TIMEOUT_MS);
    const response = await fetch(registry + url.slice(1), { headers: { accept }, signal });
    const headers = Object.fromEntries([...response.headers].filter(([name]) => KEPT_HEADERS.includes(name)));
    const body = Buffer.from(await response.arrayBuffer());
    if (!headers["content-type"]?.includes("json")) return { status: response.status, headers, body };
    // Packages are named by their full address. npm replaces the host of the public registry by itself, but of no other.
    const text = body.toString().replaceAll(registry, mirror);
    return { status: response.status, headers, body: Buffer.from(text) };
  }
}
