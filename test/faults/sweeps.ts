/** What crashes left in storage is gone after a sweep, and nothing else is. */
import { ProjectPage } from "../../schema/contracts/projects.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { callApi } from "../support/api-deploy.ts";
import type { HarnessWorld } from "../support/harness-world.ts";
import { digest } from "../support/samples.ts";
import { age, compareStorage, type SweptWorld, sweep } from "../support/sweeps.ts";
import { measure, type Problem, type Row } from "./campaign.ts";

export type StoringWorld = SweptWorld & Pick<HarnessWorld, "putObject">;

/**
 * Sweeps every project of a world in which nothing goes on. Points are the objects that were removed: each project has at
 * least a blob and a manifest that nobody refers to, as a builder leaves them that dies before it is heard.
 */
export async function trySweeps(world: StoringWorld, after: string): Promise<Row> {
  return measure(`sweep after ${after}`, async () => {
    const problems: Problem[] = [];
    let points = 0;
    const { projects } = ProjectPage.parse(JSON.parse((await callApi(world, "GET", "/projects?limit=100")).text));
    for (const { id, slug } of projects) {
      await world.putObject(blobKey(id, digest(`stray of ${slug}`)), `stray of ${slug}`);
      await world.putObject(manifestKey(id, digest(`stray bundle of ${slug}`)), "{}");
      await age(world, id);
      const { objects, blocked } = await sweep(world, slug);
      points += objects;
      if (blocked !== null) problems.push({ kind: "stuck", where: slug, text: blocked });
      const { missing, left } = await compareStorage(world, id);
      problems.push(...left.map((key): Problem => ({ kind: "orphan", where: slug, text: `${key} is left behind` })));
      problems.push(
        ...missing.map((key): Problem => ({ kind: "lost", where: slug, text: `${key} is needed and gone` })),
      );
    }
    return { points, problems };
  });
}
