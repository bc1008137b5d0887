import {
  ChangeRollout,
  ListRollouts,
  PreviewRollout,
  ROLLOUT_COMMANDS,
  type Rollout,
  RolloutChange,
  type RolloutCommand,
  RolloutDetail,
  RolloutPage,
  RolloutPreview,
  RolloutVerdicts,
} from "../../schema/contracts/rollouts.ts";
import { RolloutId } from "../../schema/ids.ts";
import { signPass, VARIANT_HEADER, VARIANT_PATH } from "../../schema/variant-pass.ts";
import { channelUrl } from "../apps-url.ts";
import type { ProjectObject } from "../deps.ts";
import { describeRollout } from "../rollout/describe-rollout.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody, ProjectParams } from "./route.ts";
import { unwrap } from "./unwrap.ts";

const RolloutParams = ProjectParams.extend({ rollout: RolloutId });

const listRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/rollouts",
  tags: ["Rollouts"],
  scope: "read",
  summary: "List a project's rollouts, newest first",
  description: "The first one of a channel is the one that runs, if its `phase` is not `over`.",
  request: { params: ProjectParams, query: ListRollouts },
  responses: { 200: json(RolloutPage, "One page.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/rollouts/{rollout}",
  tags: ["Rollouts"],
  scope: "read",
  summary: "Look at a rollout, with what its visitors have met so far",
  request: { params: RolloutParams },
  responses: { 200: json(RolloutDetail, "The rollout. `evidence` is null when the meter does not answer.") },
});

const verdictsRoute = defineRoute({
  method: "get",
  path: "/projects/{project}/rollouts/{rollout}/verdicts",
  tags: ["Rollouts"],
  scope: "read",
  summary: "Read why a rollout was rolled back or warned about",
  description: "Each verdict holds all that it was decided by: the same judge makes the same verdict of it again.",
  request: { params: RolloutParams },
  responses: { 200: json(RolloutVerdicts, "Oldest first.") },
});

const SUMMARIES: Record<RolloutCommand, string> = {
  pause: "Pause a rollout: it keeps its weight",
  resume: "Resume a paused rollout",
  advance: "Go on to the next stage now",
  abort: "End a rollout: the version before serves everybody again",
  complete: "Give the deployment to everybody now",
};

function commandRoute<const C extends RolloutCommand>(command: C) {
  return defineRoute({
    method: "post",
    path: `/projects/{project}/rollouts/{rollout}/${command}`,
    tags: ["Rollouts"],
    scope: "promote",
    summary: SUMMARIES[command],
    description:
      "With `expectedStage` it is refused when somebody else was faster (`stage_conflict`, with the stage). What is so already stays so, with `changed` false.",
    request: { params: RolloutParams, headers: IdempotencyHeaders, body: jsonBody(ChangeRollout) },
    responses: { 200: json(RolloutChange, "The rollout as it is then.") },
  });
}

const previewRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/rollouts/{rollout}/preview",
  tags: ["Rollouts"],
  scope: "promote",
  summary: "Make a signed link to one side of a rollout",
  description:
    "Whoever opens the link, or sends the header, sees that side until it expires or the rollout is over. Such visits are no evidence.",
  request: { params: RolloutParams, body: jsonBody(PreviewRollout) },
  responses: { 200: json(RolloutPreview, "A link for people, a header for programs.") },
});

export function rolloutRoutes() {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { channel, cursor, limit } = c.req.valid("query");
    const list = ["rollouts", c.var.project.id, channel];
    const before = decodeCursor(list, cursor, RolloutId);
    const rows = await c.var.object.listRollouts({ channel, before, limit: limit + 1 });
    const { page, next } = cutPage(list, rows, limit, (row) => row.id);
    return c.json({ rollouts: page, next }, 200);
  });

  routes.openapi(readRoute, async (c) => {
    const { project, object, deps } = c.var;
    const rollout = await findRollout(object, c.req.valid("param").rollout);
    const totals = rollout.phase === "over" ? null : await deps.readTraffic(project.id, rollout.id);
    return c.json(describeRollout(rollout, totals), 200);
  });

  routes.openapi(verdictsRoute, async (c) => {
    const { rollout } = c.req.valid("param");
    const verdicts = await c.var.object.listVerdicts(rollout);
    if (!verdicts) throw notFound(rollout);
    return c.json({ verdicts }, 200);
  });

  for (const command of ROLLOUT_COMMANDS) {
    routes.openapi(commandRoute(command), async (c) => {
      const { rollout } = c.req.valid("param");
      const wish = c.req.valid("json");
      const request = await readRequestKey(c, wish);
      const asked = { rollout, command, wish, actor: c.var.actor };
      return c.json(unwrap(await c.var.object.changeRollout(asked, request)), 200);
    });
  }

  routes.openapi(previewRoute, async (c) => {
    const { variant, expiresInSeconds } = c.req.valid("json");
    const { project, object, deps } = c.var;
    const rollout = await findRollout(object, c.req.valid("param").rollout);
    if (rollout.phase !== "ramping") {
      throw new ProblemError("rollout_over", "There are no two sides any more: everybody sees the same.");
    }
    const expiresAt = deps.now() + expiresInSeconds * 1_000;
    const pass = { kind: "preview", project: project.id, rollout: rollout.id, variant, expiresAt } as const;
    const value = await signPass(deps.variantKey, pass);
    const link = new URL(VARIANT_PATH, channelUrl(deps.apps, project.slug, rollout.channel));
    link.searchParams.set("pass", value);
    const header = { name: VARIANT_HEADER, value };
    return c.json({ link: link.href, header, expiresAt: new Date(expiresAt).toISOString() }, 200);
  });

  return routes;
}

async function findRollout(object: ProjectObject, id: RolloutId): Promise<Rollout> {
  const rollout = await object.getRollout(id);
  if (!rollout) throw notFound(id);
  return rollout;
}

function notFound(id: RolloutId): ProblemError {
  return new ProblemError("rollout_not_found", `There is no rollout "${id}" here.`);
}
