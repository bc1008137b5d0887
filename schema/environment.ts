import * as z from "zod";
import { type Channel, PRODUCTION } from "./hostname.ts";

/** What a project's variables belong to: production has its own, all previews share theirs. */
export const ENVIRONMENTS = ["production", "preview"] as const;
export const Environment = z.enum(ENVIRONMENTS);
export type Environment = z.infer<typeof Environment>;

export function environmentOf(channel: Channel): Environment {
  return channel === PRODUCTION ? "production" : "preview";
}
