import { Hono } from "hono";
import { type EventPage, ListEvents } from "../../schema/contracts/events.ts";
import type { ApiContext } from "./context.ts";
import { openProject } from "./open-project.ts";
import { readQuery } from "./read-input.ts";

export function eventRoutes() {
  const routes = new Hono<ApiContext>();

  routes.get("/:project/events", openProject, async (c) => {
    const { after, limit } = readQuery(c, ListEvents);
    const events = await c.var.object.listEvents(after, limit);
    return c.json({ events } satisfies EventPage);
  });

  return routes;
}
