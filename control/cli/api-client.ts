/** The control API, typed: a method for each route, with the bodies and answers of `schema/contracts`. */
import { channelCalls } from "./api/channels.ts";
import { deploymentCalls } from "./api/deployments.ts";
import { envVarCalls } from "./api/env-vars.ts";
import { eventCalls } from "./api/events.ts";
import { projectCalls } from "./api/projects.ts";
import { createRequests } from "./api/requests.ts";
import { retentionCalls } from "./api/retention.ts";
import { rolloutCalls } from "./api/rollouts.ts";
import { sourceCalls } from "./api/sources.ts";
import { tokenCalls } from "./api/tokens.ts";
import { webhookCalls } from "./api/webhooks.ts";
import type { ApiConnection } from "./api-connection.ts";

export type ApiClient = ReturnType<typeof createApiClient>;

export function createApiClient(connection: ApiConnection) {
  const requests = createRequests(connection);
  return {
    ...projectCalls(requests),
    ...sourceCalls(requests),
    ...deploymentCalls(requests),
    ...channelCalls(requests),
    ...envVarCalls(requests),
    ...rolloutCalls(requests),
    ...eventCalls(requests),
    ...retentionCalls(requests),
    ...webhookCalls(requests),
    ...tokenCalls(requests),
  };
}
