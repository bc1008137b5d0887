/** Probes: one marked request per arm, through the router as a visitor's. The meter counts each, and nothing else of it. */
import type { ProjectId, RolloutId } from "../../schema/ids.ts";
import type { SentProbe } from "../../schema/rollout.ts";
import { signPass, VARIANT_HEADER, VARIANTS } from "../../schema/variant-pass.ts";

export type ProbeTarget = {
  readonly project: ProjectId;
  readonly rollout: RolloutId;
  /** The app's production page. */
  readonly url: string;
};

/** Long enough for a clock that is behind, far too short to be of use to anybody else. */
const PASS_VALID_MS = 60_000;

/** @param router sends a request to the router Worker */
export function createProber(router: Pick<Fetcher, "fetch">, variantKey: string) {
  return async ({ project, rollout, url }: ProbeTarget, { id, sentAt }: SentProbe): Promise<void> => {
    await Promise.all(
      VARIANTS.map(async (variant) => {
        const pass = {
          kind: "probe",
          project,
          rollout,
          variant,
          probe: id,
          expiresAt: sentAt + PASS_VALID_MS,
        } as const;
        const headers = { [VARIANT_HEADER]: await signPass(variantKey, pass) };
        const response = await router.fetch(url, { headers, redirect: "manual" });
        await response.body?.cancel();
      }),
    );
  };
}
