/** The harness world with a builder: everything a deploy needs, and objects that can be evicted. */
import { join } from "node:path";
import type { ApiTarget } from "./api-deploy.ts";
import { type BuilderProcess, startBuilder } from "./builder-process.ts";
import type { CliTarget } from "./cli.ts";
import { type HarnessWorld, startHarnessWorld } from "./harness-world.ts";
import { API_HOST, type WorldOverrides } from "./world-config.ts";

export type FullWorld = HarnessWorld &
  ApiTarget & {
    readonly cli: CliTarget;
    killBuilder(): Promise<void>;
    /** Asks it to stop. */
    stopBuilder(): Promise<void>;
    startBuilder(): Promise<void>;
  };

export async function startFullWorld(
  builderEnv: Readonly<Record<string, string>> = {},
  overrides: WorldOverrides = {},
): Promise<FullWorld> {
  const world = await startHarnessWorld(overrides);
  const { token } = world.credentials.apiToken;
  let builder: BuilderProcess | null = null;
  const start = async () => {
    builder = await startBuilder({
      port: world.builderPort,
      token: world.credentials.builderToken,
      s3Endpoint: world.s3Endpoint,
      workDir: join(world.folder, "builder"),
      env: builderEnv,
    });
  };
  await start();
  return {
    ...world,
    token,
    cli: { api: `http://${API_HOST}:${new URL(world.origin).port}`, token },
    startBuilder: start,
    killBuilder: async () => {
      await builder?.group.kill();
    },
    stopBuilder: async () => {
      await builder?.group.stop();
    },
    close: async () => {
      await builder?.group.stop();
      await world.close();
    },
  };
}
