/** Cursors: where a page ended, and of which list. Readers keep them as they are; a cursor of another list is refused. */
import * as z from "zod";
import { parseJson } from "../../schema/parse-json.ts";
import { ProblemError } from "./problem-error.ts";

/** What a list is a list of, with its filters: `["deployments", project, channel, status]`. */
export type ListName = readonly (string | number | undefined)[];

const Content = z.tuple([z.string(), z.union([z.string(), z.number()])]);

export function encodeCursor(list: ListName, after: string | number): string {
  return btoa(JSON.stringify([nameOf(list), after]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** @throws ProblemError `cursor_invalid` */
export function decodeCursor<T extends z.ZodType>(
  list: ListName,
  cursor: string | undefined,
  position: T,
): z.output<T> | undefined {
  if (cursor === undefined) return undefined;
  const content = Content.safeParse(parseJson(decodeText(cursor)));
  const after = position.safeParse(content.data?.[1]);
  if (content.data?.[0] !== nameOf(list) || !after.success) {
    throw new ProblemError(
      "cursor_invalid",
      "Take the cursor from `next` of the page before, with the same filters and project; or leave it out to begin anew.",
    );
  }
  return after.data;
}

/** The rows of one page of `limit`, of which one more was asked for, and the cursor behind them. */
export function cutPage<R>(
  list: ListName,
  rows: readonly R[],
  limit: number,
  positionOf: (row: R) => string | number,
): { page: R[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, next: rows.length > limit && last !== undefined ? encodeCursor(list, positionOf(last)) : null };
}

function nameOf(list: ListName): string {
  return list.map((part) => part ?? "").join("/");
}

function decodeText(cursor: string): string {
  try {
    return atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}
