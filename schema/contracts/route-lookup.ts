/** What the router asks the `Project` object, and its answer. */
import * as z from "zod";
import { RouteRecord } from "../route-record.ts";

export const RouteAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("route"), record: RouteRecord }),
  /**
   * Nothing is live on this channel. `building`: a deployment is on the way. `rev`: of the last record before the channel was
   * deleted, which ends all records up to it; 0 when nothing ever was live.
   */
  z.object({ kind: z.literal("empty"), building: z.boolean(), rev: z.int().min(0).default(0) }),
  /** The project does not own that host name (any more). */
  z.object({ kind: z.literal("not_owned") }),
]);
export type RouteAnswer = z.infer<typeof RouteAnswer>;

/** The RPC method of `Project` that the router calls. It may only read. */
export interface RouteSource {
  lookupRoute(hostname: string, channel: string): Promise<RouteAnswer>;
}
