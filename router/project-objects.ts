/** The `Project` objects of control, asked by remote call. The caller brings the deadline. */
import { RouteAnswer } from "../schema/contracts/route-lookup.ts";
import type { ProjectObject } from "./env.ts";
import type { RouteSources } from "./registry-layers.ts";

/** An object is only ever addressed by a project id that the directory has given out: naming one starts it. */
export function createProjectSource(objects: DurableObjectNamespace<ProjectObject>): RouteSources["askProject"] {
  return async (project, hostname, channel) => {
    const object = objects.get(objects.idFromName(project));
    return RouteAnswer.parse(await object.lookupRoute(hostname, channel));
  };
}
