import type * as z from "zod";
import {
  type ChangeRollout,
  type PreviewRollout,
  type Rollout,
  RolloutChange,
  type RolloutCommand,
  RolloutDetail,
  RolloutPage,
  RolloutPreview,
  type RolloutVerdict,
  RolloutVerdicts,
} from "../../../schema/contracts/rollouts.ts";
import type { ProjectId, RolloutId } from "../../../schema/ids.ts";
import type { Pages } from "./pages.ts";
import type { Requests } from "./requests.ts";

export function rolloutCalls({ get, change, pages }: Requests) {
  const pathOf = (project: ProjectId, rollout: RolloutId) => `projects/${project}/rollouts/${rollout}`;
  return {
    /** Newest first. */
    listRollouts(project: ProjectId, query: { readonly limit: number }): Pages<Rollout> {
      return pages(`projects/${project}/rollouts`, query, RolloutPage, (page) => page.rollouts);
    },
    readRollout(project: ProjectId, rollout: RolloutId): Promise<RolloutDetail> {
      return get(pathOf(project, rollout), RolloutDetail);
    },
    /** Oldest first. */
    async readVerdicts(project: ProjectId, rollout: RolloutId): Promise<readonly RolloutVerdict[]> {
      return (await get(`${pathOf(project, rollout)}/verdicts`, RolloutVerdicts)).verdicts;
    },
    changeRollout(
      project: ProjectId,
      rollout: RolloutId,
      command: RolloutCommand,
      body: z.input<typeof ChangeRollout>,
    ): Promise<RolloutChange> {
      return change("POST", `${pathOf(project, rollout)}/${command}`, body, RolloutChange);
    },
    previewRollout(
      project: ProjectId,
      rollout: RolloutId,
      body: z.input<typeof PreviewRollout>,
    ): Promise<RolloutPreview> {
      return change("POST", `${pathOf(project, rollout)}/preview`, body, RolloutPreview);
    },
  };
}
