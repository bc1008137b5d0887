/** `BuildRun`'s side of the contract in schema/contracts/build.ts. */
import * as z from "zod";
import { BuildEvent, type BuildJob, Toolchain, type UploadRequest } from "../../schema/contracts/build.ts";
import type { DeploymentId } from "../../schema/ids.ts";
import { withDeadline } from "../deadline.ts";

/** `lost`: the builder runs, but does not know the job. `unreachable`: no answer that could be trusted. */
export type BuilderAnswer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "lost" }
  /** The builder was asked to stop: the job starts again, and that is no loss. */
  | { readonly kind: "handed_back" }
  /** The job is not in a state in which this can be asked. */
  | { readonly kind: "refused" }
  | { readonly kind: "unreachable"; readonly detail: string };

export type BuilderFetch = (path: string, init: RequestInit) => Promise<Response>;
export type BuilderClient = ReturnType<typeof createBuilderClient>;

const CALL_TIMEOUT_MS = 15_000;
/** Longer than the builder holds an event stream open. */
const STREAM_TIMEOUT_MS = 40_000;

export function createBuilderClient(fetchBuilder: BuilderFetch, token: string) {
  async function call<T>(
    path: string,
    init: { method: string; body?: string; timeoutMs?: number; signal?: AbortSignal },
    read: (response: Response) => Promise<T>,
  ): Promise<BuilderAnswer<T>> {
    const { method, body, timeoutMs = CALL_TIMEOUT_MS, signal } = init;
    try {
      return await withDeadline(timeoutMs, async (over): Promise<BuilderAnswer<T>> => {
        const response = await fetchBuilder(path, {
          method,
          ...(body !== undefined && { body }),
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          signal: signal ? AbortSignal.any([signal, over]) : over,
        });
        if (response.status === 404) return { kind: "lost" };
        if (response.status === 410) return { kind: "handed_back" };
        if (response.status === 409) return { kind: "refused" };
        if (!response.ok)
          return { kind: "unreachable", detail: `${method} ${path} was answered with ${response.status}` };
        return { kind: "ok", value: await read(response) };
      });
    } catch (error) {
      // An answer that breaks the contract is a fault of ours, and waiting for the builder would not mend it.
      if (error instanceof z.ZodError || error instanceof SyntaxError) throw error;
      return { kind: "unreachable", detail: String(error) };
    }
  }

  const accepted = async (response: Response): Promise<true> => {
    await response.body?.cancel();
    return true;
  };

  return {
    toolchain: () => call("/toolchain", { method: "GET" }, async (r) => Toolchain.parse(await r.json())),

    start: (job: BuildJob) => call(`/builds/${job.deployment}`, { method: "PUT", body: JSON.stringify(job) }, accepted),

    /** Hands over the events after `after` as they come, some at a time, until the stream ends or `signal` cuts it. */
    readEvents: (
      deployment: DeploymentId,
      after: number,
      signal: AbortSignal,
      take: (events: BuildEvent[]) => Promise<unknown>,
    ) =>
      call(
        `/builds/${deployment}/events?after=${after}`,
        { method: "GET", timeoutMs: STREAM_TIMEOUT_MS, signal },
        async (response) => {
          if (!response.body) return true;
          let rest = "";
          for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
            const lines = (rest + text).split("\n");
            rest = lines.pop() ?? "";
            const events = lines.filter((line) => line !== "").map((line) => BuildEvent.parse(JSON.parse(line)));
            if (events.length > 0) await take(events);
          }
          return true;
        },
      ),

    manifest: (deployment: DeploymentId) => call(`/builds/${deployment}/manifest`, { method: "GET" }, (r) => r.text()),

    upload: (deployment: DeploymentId, request: UploadRequest) =>
      call(`/builds/${deployment}/upload`, { method: "POST", body: JSON.stringify(request) }, accepted),

    forget: (deployment: DeploymentId) => call(`/builds/${deployment}`, { method: "DELETE" }, accepted),
  };
}
