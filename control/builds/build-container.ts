import { Container } from "@cloudflare/containers";
import type { Env } from "../env.ts";

/**
 * The builder in production: one container, so one virtual machine, per deployment. Only the production configuration
 * binds it: the constructor throws where there is no container engine.
 */
export class BuildContainer extends Container<Env> {
  override defaultPort = 8788;
  override sleepAfter = "5m";

  constructor(ctx: DurableObjectState<Env>, env: Env) {
    super(ctx, env);
    this.envVars = {
      BUILDER_HOST: "0.0.0.0",
      BUILDER_PORT: "8788",
      BUILDER_TOKEN: env.BUILDER_TOKEN,
      S3_ENDPOINT: env.S3_ENDPOINT ?? "",
    };
  }
}
