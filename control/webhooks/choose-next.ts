import type { WebhookId } from "../../schema/ids.ts";

/** A webhook for which something is due. */
export type Candidate = { readonly webhook: WebhookId; readonly failing: boolean; readonly dueAt: number };

/** As many connections as a Worker may have waiting for an answer. */
const MAX_SIDE_BY_SIDE = 6;
/** Of these, for receivers that failed last time: however many of them hang, those that answer find a place. */
const MAX_FAILING = 3;

/**
 * Who is sent to next, besides those that are being sent to: one message at a time for each, the longest waiting first, those that answer
 * before those that fail.
 */
export function chooseNext(
  candidates: readonly Candidate[],
  busy: readonly { readonly failing: boolean }[],
): Candidate[] {
  let places = MAX_SIDE_BY_SIDE - busy.length;
  let failingPlaces = MAX_FAILING - busy.filter(({ failing }) => failing).length;
  const order = [...candidates].sort((a, b) => Number(a.failing) - Number(b.failing) || a.dueAt - b.dueAt);
  return order.filter(({ failing }) => {
    if (places <= 0 || (failing && failingPlaces <= 0)) return false;
    places -= 1;
    if (failing) failingPlaces -= 1;
    return true;
  });
}
