/**
 * JSON schemas of the contracts, by zod itself: every exported contract is a component with its own name, the rest is written
 * out where it stands. They show what may be sent (a field with a default may be left out).
 */
import * as z from "zod";
import * as config from "../../../schema/contracts/atelier-config.ts";
import * as channels from "../../../schema/contracts/channels.ts";
import * as deployments from "../../../schema/contracts/deployments.ts";
import * as events from "../../../schema/contracts/events.ts";
import * as problem from "../../../schema/contracts/problem.ts";
import * as settings from "../../../schema/contracts/project-settings.ts";
import * as projects from "../../../schema/contracts/projects.ts";
import * as retention from "../../../schema/contracts/retention.ts";
import * as rollouts from "../../../schema/contracts/rollouts.ts";
import * as sources from "../../../schema/contracts/sources.ts";
import * as tokens from "../../../schema/contracts/tokens.ts";
import * as webhooks from "../../../schema/contracts/webhooks.ts";
import * as digest from "../../../schema/digest.ts";
import * as hostname from "../../../schema/hostname.ts";
import * as ids from "../../../schema/ids.ts";
import * as lifecycle from "../../../schema/lifecycle.ts";
import * as rollout from "../../../schema/rollout.ts";
import * as route from "../../../schema/route-record.ts";
import * as source from "../../../schema/source.ts";
import type { JsonSchema } from "./type-text.ts";

const CONTRACTS = {
  ...config,
  ...channels,
  ...deployments,
  ...events,
  ...problem,
  ...settings,
  ...projects,
  ...retention,
  ...rollout,
  ...rollouts,
  ...sources,
  ...tokens,
  ...webhooks,
  ...digest,
  ...hostname,
  ...ids,
  ...lifecycle,
  ...route,
  ...source,
};

for (const [id, contract] of Object.entries(CONTRACTS)) {
  if (contract instanceof z.ZodType) z.globalRegistry.add(contract, { ...contract.meta(), id });
}

/** The JSON schema of a contract. Those that it refers to are added to `components`. */
export function toSchema(contract: z.ZodType, components: Map<string, JsonSchema>): JsonSchema {
  const {
    $defs = {},
    $schema: _,
    ...schema
  } = JSON.parse(
    JSON.stringify(z.toJSONSchema(contract, { io: "input", override: simplify })).replaceAll(
      '"#/$defs/',
      '"#/components/schemas/',
    ),
  ) as JsonSchema & { $defs?: Record<string, JsonSchema>; $schema?: string };
  for (const [name, component] of Object.entries($defs)) components.set(name, component);
  return schema;
}

/** Takes out what says nothing to a reader: the pattern beside a format, the bounds of safe integers. */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
