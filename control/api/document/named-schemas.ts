/** Every exported contract has its own name in the OpenAPI document; what has none is written out where it stands. */
import { zodToOpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import * as z from "zod";
import * as config from "../../../schema/contracts/atelier-config.ts";
import * as channels from "../../../schema/contracts/channels.ts";
import * as deployments from "../../../schema/contracts/deployments.ts";
import * as events from "../../../schema/contracts/events.ts";
import * as problem from "../../../schema/contracts/problem.ts";
import * as settings from "../../../schema/contracts/project-settings.ts";
import * as projects from "../../../schema/contracts/projects.ts";
import * as retention from "../../../schema/contracts/retention.ts";
import * as sources from "../../../schema/contracts/sources.ts";
import * as tokens from "../../../schema/contracts/tokens.ts";
import * as webhooks from "../../../schema/contracts/webhooks.ts";
import * as digest from "../../../schema/digest.ts";
import * as hostname from "../../../schema/hostname.ts";
import * as ids from "../../../schema/ids.ts";
import * as lifecycle from "../../../schema/lifecycle.ts";
import * as route from "../../../schema/route-record.ts";
import * as source from "../../../schema/source.ts";

const CONTRACTS = {
  ...config,
  ...channels,
  ...deployments,
  ...events,
  ...problem,
  ...settings,
  ...projects,
  ...retention,
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

/** The generator looks names up in its own registry. `schema/` must not depend on it, so the names are given here. */
export function nameSchemas(): void {
  for (const [refId, contract] of Object.entries(CONTRACTS)) {
    if (contract instanceof z.ZodType) zodToOpenAPIRegistry.add(contract, { _internal: { refId } });
  }
}
