import { Hono } from "hono";
import { ListEvents } from "../../schema/contracts/events.ts";
import type { ApiContext } from "./context.ts";
import { openProject } from "./open-project.ts";
import { readQuery } from "./read-input.ts";

export function eventRoutes() {
  const routes = new Hono<ApiContext>();

  routes.get("/:project/events", openProject, async (c) => {
    const { after, limit } = readQuery(c, ListEvents);
    return c.json({ events: await c.var.object.listEvents(after, limit) });
  });

  return routes;
}
