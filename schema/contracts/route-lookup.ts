/** What the router asks the `Project` object, and its answer. */
import * as z from "zod";
import { RouteRecord } from "../route-record.ts";

export const RouteAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("route"), record: RouteRecord }),
  /** Nothing has been live on this channel. `building`: its first deployment is on the way. */
  z.object({ kind: z.literal("empty"), building: z.boolean() }),
  /** The project does not own that host name (any more). */
  z.object({ kind: z.literal("not_owned") }),
]);
export type RouteAnswer = z.infer<typeof RouteAnswer>;

/** The RPC method of `Project` that the router calls. It may only read. */
export interface RouteSource {
  lookupRoute(hostname: string, channel: string): Promise<RouteAnswer>;
}
