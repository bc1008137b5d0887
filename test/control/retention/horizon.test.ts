import fc from "fast-check";
import { expect, it } from "vitest";
import { condemnableBefore, protectedSince, touchLag } from "../../../control/retention/horizon.ts";

const time = fc.integer({ min: 1e12, max: 2e12 });
const graceMs = fc.constantFrom(0, 1_000, 24 * 60 * 60_000);
const oldest = fc.option(time);

it("nothing is condemnable that was announced within the grace period, or since the oldest deployment in progress began", () => {
  fc.assert(
    fc.property(time, graceMs, oldest, time, (now, grace, inProgress, announcedAt) => {
      // The row may be behind by the lag.
      const touchedAt = announcedAt - Math.max(touchLag(grace) - 1, 0);
      const isSafe = touchedAt >= condemnableBefore(protectedSince(now, grace, inProgress), grace);
      if (announcedAt > now - (grace * 3) / 4 || (inProgress !== null && announcedAt >= inProgress))
        expect(isSafe).toBe(true);
    }),
  );
});

it("what is older than the grace period is condemnable when nothing is in progress", () => {
  fc.assert(
    fc.property(time, graceMs, (now, grace) => {
      expect(now - grace - 1 < condemnableBefore(protectedSince(now, grace, null), grace)).toBe(true);
    }),
  );
});
