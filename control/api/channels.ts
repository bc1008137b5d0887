import * as z from "zod";
import {
  ChannelEnd,
  ChannelPage,
  ChannelState,
  DeleteChannel,
  Flip,
  FlipPlan,
  PlanFlip,
  Promote,
  ReleasePage,
  Rollback,
} from "../../schema/contracts/channels.ts";
import { Paging } from "../../schema/contracts/paging.ts";
import { Channel, type Slug } from "../../schema/hostname.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { readRequestKey } from "./request-key.ts";
import {
  ChannelParams,
  createRoutes,
  defineRoute,
  IdempotencyHeaders,
  json,
  jsonBody,
  ProjectParams,
} from "./route.ts";
import { unwrap } from "./unwrap.ts";

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/channels",
  tags: ["Channels"],
  scope: "read",
  summary: "List the channels on which something is live",
  request: { params: ProjectParams, query: Paging },
  responses: { 200: json(ChannelPage, "One page, by name.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/channels/{channel}",
  tags: ["Channels"],
  scope: "read",
  summary: "Look at a channel's route record",
  request: { params: ChannelParams },
  responses: { 200: json(ChannelState, "The channel; `route` is null while nothing is live on it.") },
});

const releasesRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/channels/{channel}/releases",
  tags: ["Channels"],
  scope: "read",
  summary: "List a channel's releases, newest first",
  request: { params: ChannelParams, query: Paging },
  responses: { 200: json(ReleasePage, "One page.") },
});

const planRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/channels/{channel}/plan",
  tags: ["Channels"],
  scope: "read",
  summary: "Say what a promote or a rollback would change",
  description: "Of the deployment that is named; without one, of a rollback. Nothing is changed.",
  request: { params: ChannelParams, query: PlanFlip },
  responses: { 200: json(FlipPlan, "The two arms, and the variables that differ, by name.") },
});

const promoteRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/channels/{channel}/promote",
  tags: ["Channels"],
  scope: "promote",
  summary: "Make a retained deployment live, without a rebuild",
  request: { params: ChannelParams, headers: IdempotencyHeaders, body: jsonBody(Promote) },
  responses: { 200: json(Flip, "Live. `changed` is false when it was before.") },
});

const rollbackRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/channels/{channel}/rollback",
  tags: ["Channels"],
  scope: "promote",
  summary: "Return to the release before the live one",
  request: { params: ChannelParams, headers: IdempotencyHeaders, body: jsonBody(Rollback) },
  responses: { 200: json(Flip, "The earlier release is live again.") },
});

const deleteRoute = defineRoute({
  method: "delete",
  path: "/projects/{project}/channels/{channel}",
  tags: ["Channels"],
  scope: "promote",
  summary: "Delete a preview channel",
  description:
    "Nothing is live on it any more, and what is in progress there is cancelled. Its bundles go with the next sweep; until then a promote brings the channel back, as a later deployment does at any time.",
  request: { params: ChannelParams, headers: IdempotencyHeaders, query: DeleteChannel },
  responses: { 200: json(ChannelEnd, "The channel, empty. `changed` is false when it was before.") },
});

export function channelRoutes() {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const { project, object, deps } = c.var;
    const list = ["channels", project.id];
    const after = decodeCursor(list, cursor, Channel);
    const records = await object.listRoutes({ after, limit: limit + 1 });
    const { page, next } = cutPage(list, records, limit, (record) => record.channel);
    return c.json({ channels: page.map((route) => toState(deps.apps, project.slug, route.channel, route)), next }, 200);
  });

  routes.openapi(readRoute, async (c) => {
    const { channel } = c.req.valid("param");
    const { project, object, deps } = c.var;
    return c.json(toState(deps.apps, project.slug, channel, await object.getRoute(channel)), 200);
  });

  routes.openapi(releasesRoute, async (c) => {
    const { channel } = c.req.valid("param");
    const { cursor, limit } = c.req.valid("query");
    const list = ["releases", c.var.project.id, channel];
    const before = decodeCursor(list, cursor, z.int().min(1));
    const rows = await c.var.object.listReleases(channel, { before, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, (row) => row.id);
    return c.json({ releases: page, next }, 200);
  });

  routes.openapi(planRoute, async (c) => {
    const { channel } = c.req.valid("param");
    return c.json(unwrap(await c.var.object.planFlip(channel, c.req.valid("query"))), 200);
  });

  routes.openapi(promoteRoute, async (c) => {
    const { channel } = c.req.valid("param");
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    return c.json(unwrap(await c.var.object.promote(channel, body, request, c.var.actor)), 200);
  });

  routes.openapi(rollbackRoute, async (c) => {
    const { channel } = c.req.valid("param");
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    return c.json(unwrap(await c.var.object.rollback(channel, body, request, c.var.actor)), 200);
  });

  routes.openapi(deleteRoute, async (c) => {
    const { channel } = c.req.valid("param");
    const query = c.req.valid("query");
    const { project, object, deps, actor } = c.var;
    const request = await readRequestKey(c, query);
    const { changed } = unwrap(await object.deleteChannel(channel, query, request, actor));
    return c.json({ ...toState(deps.apps, project.slug, channel, null), changed }, 200);
  });

  return routes;
}

function toState(apps: AppsUrl, slug: Slug, channel: Channel, route: RouteRecord | null): ChannelState {
  return { channel, url: channelUrl(apps, slug, channel), route };
}
