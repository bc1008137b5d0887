import { Hono } from "hono";
import { type ChannelState, Promote, Rollback } from "../../schema/contracts/channels.ts";
import { Channel } from "../../schema/hostname.ts";
import { channelUrl } from "../apps-url.ts";
import type { ApiContext } from "./context.ts";
import { openProject } from "./open-project.ts";
import { ProblemError } from "./problem-error.ts";
import { readBody } from "./read-input.ts";
import { readRequestKey } from "./request-key.ts";
import { unwrap } from "./unwrap.ts";

const MAX_RELEASES = 100;

export function channelRoutes() {
  const routes = new Hono<ApiContext>();

  routes.get("/:project/channels/:channel", openProject, async (c) => {
    const channel = readChannel(c.req.param("channel"));
    const route = await c.var.object.getRoute(channel);
    const url = channelUrl(c.var.deps.apps, c.var.project.slug, channel);
    return c.json({ channel, url, route } satisfies ChannelState);
  });

  routes.get("/:project/channels/:channel/releases", openProject, async (c) => {
    const releases = await c.var.object.listReleases(readChannel(c.req.param("channel")), MAX_RELEASES);
    return c.json({ releases });
  });

  routes.post("/:project/channels/:channel/promote", openProject, async (c) => {
    const channel = readChannel(c.req.param("channel"));
    const body = await readBody(c, Promote);
    const request = await readRequestKey(c, body);
    return c.json(unwrap(await c.var.object.promote(channel, body, request, c.var.actor.name)));
  });

  routes.post("/:project/channels/:channel/rollback", openProject, async (c) => {
    const channel = readChannel(c.req.param("channel"));
    const body = await readBody(c, Rollback);
    const request = await readRequestKey(c, body);
    return c.json(unwrap(await c.var.object.rollback(channel, body, request, c.var.actor.name)));
  });

  return routes;
}

function readChannel(text: string): Channel {
  const channel = Channel.safeParse(text);
  if (!channel.success) throw new ProblemError("channel_not_found", 'A channel is "production" or "pr-<number>".');
  return channel.data;
}
