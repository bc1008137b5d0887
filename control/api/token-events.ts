import * as z from "zod";
import { ListTokenEvents, TokenEventPage } from "../../schema/contracts/token-events.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { createRoutes, defineRoute, json } from "./route.ts";

const listRoute = defineRoute({
  method: "get",
  path: "/tokens/events",
  tags: ["Tokens"],
  scope: "admin",
  project: "all",
  summary: "Read what happened to tokens",
  description:
    "Who made, renewed or revoked which, when and why. Oldest first, or with `order=desc` newest first. Without filters each event's `previous` is the `hash` of the one before. Needs a token of all projects.",
  request: { query: ListTokenEvents },
  responses: { 200: json(TokenEventPage, "One page.") },
});

export function tokenEventRoutes() {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const list = ["token-events", filters.order, filters.type, filters.token];
    const behind = decodeCursor(list, cursor, z.int().min(1));
    const rows = await c.var.deps.directory.tokens.listEvents({ ...filters, behind, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, ({ seq }) => seq);
    return c.json({ events: page, next }, 200);
  });

  return routes;
}
