import { createMiddleware } from "hono/factory";
import type { ApiContext } from "./context.ts";
import { rateLimited } from "./rate-limited.ts";

/** Asks the project's object whether one more change of this token fits, before anything that the change costs. */
export const limitChanges = createMiddleware<ApiContext>(async (c, next) => {
  const waitMs = await c.var.object.admitChange(c.var.actor.token);
  if (waitMs > 0) throw rateLimited(c, "This token has changed too much of this project in a short time.", waitMs);
  return next();
});
