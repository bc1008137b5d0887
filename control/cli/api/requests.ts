/** What the routes of the API have in common: JSON both ways, answers held to their contracts, lists a page at a time. */
import { randomUUID } from "node:crypto";
import type * as z from "zod";
import type { ApiConnection } from "../api-connection.ts";
import { Failure } from "../failure.ts";
import type { Pages } from "./pages.ts";

export type Requests = ReturnType<typeof createRequests>;

/** A query or body of which parts may be left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export function createRequests(connection: ApiConnection) {
  return { get, change, remove, pages, connection };

  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return accept(schema, await connection.ask({ method: "GET", path }), path);
  }

  /**
   * The key is drawn once per call and kept over its repetitions: the API does the thing once and answers each.
   * @param body undefined for a request without one
   * @param key of a request that is the same whenever it is made
   */
  async function change<T>(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    key?: string,
  ): Promise<T> {
    return accept(schema, await sendChange(method, path, body, key), path);
  }

  /** What has no answer but that it is done. */
  async function remove(path: string): Promise<void> {
    await sendChange("DELETE", path, undefined);
  }

  function sendChange(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: unknown,
    key: string = randomUUID(),
  ): Promise<string> {
    const keyed = { "idempotency-key": key };
    if (body === undefined) return connection.ask({ method, path, headers: keyed });
    const headers = { ...keyed, "content-type": "application/json" };
    return connection.ask({ method, path, headers, body: [new TextEncoder().encode(JSON.stringify(body))] });
  }

  /** A list by its cursor, page after page. Whoever reads one page has asked for one. */
  async function* pages<P extends { readonly next: string | null }, T>(
    path: string,
    query: Query,
    schema: z.ZodType<P>,
    itemsOf: (page: P) => readonly T[],
  ): Pages<T> {
    let cursor: string | undefined;
    for (;;) {
      const page = await get(withQuery(path, { ...query, cursor }), schema);
      yield { items: itemsOf(page), next: page.next };
      if (page.next === null) return;
      if (page.next === cursor) throw new Failure("unknown", `The API's list /v1/${path} does not come to an end.`);
      cursor = page.next;
    }
  }
}

export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
}

export function accept<T>(schema: z.ZodType<T>, body: string, path: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    throw new Failure(
      "unknown",
      `The API answered /v1/${path} with something this CLI can not read. Is that the address of an Atelier API, and is this CLI up to date?`,
      { cause },
    );
  }
}

/** Null where the API refuses with this code. */
export async function absentOn<T>(code: string, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.code === code) return null;
    throw error;
  }
}
