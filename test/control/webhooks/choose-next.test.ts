import { describe, expect, it } from "vitest";
import { type Candidate, chooseNext } from "../../../control/webhooks/choose-next.ts";
import { type WebhookId, webhookIdFrom } from "../../../schema/ids.ts";

const id = (n: number): WebhookId => webhookIdFrom(`01a208a6-42c4-7532-9056-${String(n).padStart(12, "0")}`);
const waiting = (n: number, failing = false): Candidate => ({ webhook: id(n), failing, dueAt: n });
const chosen = (...args: Parameters<typeof chooseNext>) => chooseNext(...args).map(({ dueAt }) => dueAt);

describe("chooseNext", () => {
  it("takes the longest waiting first, six at a time", () => {
    const ten = [9, 3, 7, 1, 10, 2, 8, 4, 6, 5].map((n) => waiting(n));
    expect(chosen(ten, [])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(chosen(ten, [{ failing: false }, { failing: true }])).toEqual([1, 2, 3, 4]);
    expect(
      chosen(
        ten,
        Array.from({ length: 6 }, () => ({ failing: false })),
      ),
    ).toEqual([]);
  });

  it("keeps half of the places from those that fail, however long they wait", () => {
    const failing = [1, 2, 3, 4, 5].map((n) => waiting(n, true));
    expect(chosen([...failing, waiting(8), waiting(9)], [])).toEqual([8, 9, 1, 2, 3]);
    expect(chosen(failing, [{ failing: true }, { failing: true }])).toEqual([1]);
    const hanging = Array.from({ length: 3 }, () => ({ failing: true }));
    expect(chosen([...failing, waiting(9)], hanging)).toEqual([9]);
  });
});
