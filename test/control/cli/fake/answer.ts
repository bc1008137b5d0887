import { randomUUID } from "node:crypto";
import { createProblem, type ProblemCode } from "../../../../schema/contracts/problem.ts";

export type Answer = { readonly status: number; readonly body: unknown };

/** What a topic of the fake API is asked: the path's parts below its own, the query, and the body when there is one. */
export type Asked = {
  readonly method: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
};

export function ok(body: unknown, status = 200): Answer {
  return { status, body };
}

export function problem(code: ProblemCode): Answer {
  const body = createProblem(code, `The test says ${code} ${randomUUID().slice(0, 4)}`);
  return { status: body.status, body };
}

/** Whether an item has what a query asks for in each of these fields. */
export function matches<T>(item: T, query: URLSearchParams, fields: readonly (keyof T & string)[]): boolean {
  return fields.every((field) => !query.has(field) || query.get(field) === item[field]);
}

/** A page of a list, as the contracts cut it: at most 100, and a cursor that only this list takes back. */
export function cutPage(name: string, items: readonly unknown[], query: URLSearchParams): Answer {
  const limit = Number(query.get("limit") ?? 20);
  if (!(limit >= 1 && limit <= 100)) return problem("query_invalid");
  const [list, start] = (query.get("cursor") ?? `${name}@0`).split("@");
  if (list !== name) return problem("cursor_invalid");
  const end = Number(start) + limit;
  return ok({ [name]: items.slice(Number(start), end), next: end < items.length ? `${name}@${end}` : null });
}
