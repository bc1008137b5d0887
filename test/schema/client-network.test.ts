import { describe, expect, it } from "vitest";
import { networkOf } from "../../schema/client-network.ts";

describe("networkOf", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:0DB8:0001:0002:3:4:5:6", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["fe80::", "fe80:0:0:0"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["", ""],
  ])("takes %j as %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
