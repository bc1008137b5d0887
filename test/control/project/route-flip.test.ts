import { describe, expect, it } from "vitest";
import { flipRoute } from "../../../control/project/route-flip.ts";
import { PRODUCTION } from "../../../schema/hostname.ts";
import { MAX_RETAINED_BUILDS, RouteRecord } from "../../../schema/route-record.ts";
import { arm, PROJECT, routeRecord } from "../../support/samples.ts";

const NEVER = { rev: 0, record: null };
const at = (record: RouteRecord) => ({ rev: record.rev, record });
const channel = { project: PROJECT, channel: PRODUCTION };

describe("flipRoute", () => {
  it("starts a channel at revision 1 with nothing retained", () => {
    expect(flipRoute(channel, NEVER, arm(1))).toEqual(routeRecord({ rev: 1, live: arm(1) }));
  });

  it("retains the build that was live, newest first", () => {
    const before = routeRecord({ rev: 7, live: arm(2), retained: [arm(1).build] });
    expect(flipRoute(channel, at(before), arm(3))).toEqual(
      routeRecord({ rev: 8, live: arm(3), retained: [arm(2).build, arm(1).build] }),
    );
  });

  it("going back does not retain the build that is live again", () => {
    const before = routeRecord({ rev: 8, live: arm(3), retained: [arm(2).build, arm(1).build] });
    expect(flipRoute(channel, at(before), arm(2)).retained).toEqual([arm(3).build, arm(1).build]);
  });

  it("a deleted channel goes on counting, with nothing retained", () => {
    expect(flipRoute(channel, { rev: 8, record: null }, arm(3))).toEqual(routeRecord({ rev: 9, live: arm(3) }));
  });

  it("keeps a bounded number of builds, however long the history", () => {
    let record = flipRoute(channel, NEVER, arm(1));
    for (let number = 2; number < 40; number += 1) record = flipRoute(channel, at(record), arm(number));
    expect(record.retained).toHaveLength(MAX_RETAINED_BUILDS);
    expect(record.retained[0]).toBe(arm(38).build);
    expect(RouteRecord.parse(record)).toEqual(record);
  });
});
