import { createApp } from "./api/app.ts";
import { internalError } from "./api/internal-error.ts";
import { createDeps } from "./deps.ts";
import type { Env } from "./env.ts";

export { BuildContainer } from "./builds/build-container.ts";
export { BuildRun } from "./builds/build-run.ts";
export { Project } from "./project/project.ts";
export { Sweeper } from "./retention/sweeper.ts";
export { TrafficMeter } from "./traffic/traffic-meter.ts";
export { WebhookSender } from "./webhooks/webhook-sender.ts";

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request, env, ctx) {
    try {
      app ??= createApp(createDeps(env));
    } catch (cause) {
      // Mostly a setting: which one is for the log alone.
      return internalError(
        request,
        cause,
        "The API could not start. Its operator finds the cause in the log of control.",
      );
    }
    return app.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
