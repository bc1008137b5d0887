import { EventPage, ListEvents } from "../../schema/contracts/events.ts";
import { createRoutes, defineRoute, json, ProjectParams } from "./route.ts";

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/events",
  tags: ["Events"],
  scope: "read",
  summary: "Read a project's events",
  description:
    "Oldest first: `after` is the `seq` of the last event that was read. With `order=desc` newest first: there `before` is. Without filters each event's `previous` is the `hash` of the one before.",
  request: { params: ProjectParams, query: ListEvents },
  responses: { 200: json(EventPage, "Those after `after` and before `before`.") },
});

export function eventRoutes() {
  const routes = createRoutes();
  routes.openapi(listRoute, async (c) => c.json({ events: await c.var.object.listEvents(c.req.valid("query")) }, 200));
  return routes;
}
