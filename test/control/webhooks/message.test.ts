/** Ids, secrets and signatures of messages. */
import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { deliveryIdOf } from "../../../control/webhooks/delivery-id.ts";
import { createSecret } from "../../../control/webhooks/secret.ts";
import { signedHeaders } from "../../../control/webhooks/signed-headers.ts";
import { ProjectEvent } from "../../../schema/contracts/events.ts";
import { DeliveryId, webhookIdFrom } from "../../../schema/ids.ts";

const [HOOK, OTHER] = [1, 2].map((n) => webhookIdFrom(`01a208a6-42c4-7532-9056-00000000000${n}`)) as [never, never];
const event = ProjectEvent.parse({
  seq: 7,
  at: "2026-11-23T12:00:00.000Z",
  type: "deployment.live",
  version: 2,
  actor: "builder",
  actorToken: null,
  channel: "production",
  deployment: null,
  reason: null,
  data: {},
  previous: "0".repeat(64),
  hash: "a".repeat(64),
});

describe("a delivery's id", () => {
  it("is the same for the same event and webhook, and another for any other", async () => {
    const base = await deliveryIdOf(event, HOOK);
    expect(DeliveryId.parse(base)).toBe(base);
    expect(await deliveryIdOf({ ...event }, HOOK)).toBe(base);
    const others = [
      await deliveryIdOf(event, OTHER),
      await deliveryIdOf({ ...event, hash: "b".repeat(64) as never }, HOOK),
      await deliveryIdOf({ ...event, seq: 8 }, HOOK),
    ];
    expect(new Set([base, ...others]).size).toBe(4);
  });

  it("sorts by time, and by number within a millisecond", async () => {
    const later = { ...event, at: "2026-11-23T12:00:00.001Z", seq: 1 };
    const ids = await Promise.all([event, { ...event, seq: 8 }, later].map((each) => deliveryIdOf(each, HOOK)));
    expect(ids).toEqual([...ids].sort());
  });
});

describe("a message's headers", () => {
  const id = "msg_p5jXN8AQM9LWM0D4loKWxJek" as DeliveryId;
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const body = '{"test": 2432232314}';

  it("are those of a known message", () => {
    expect(signedHeaders({ id, body, secrets: [secret], now: 1_614_265_330_999 })).toEqual({
      "content-type": "application/json",
      "user-agent": "Atelier-Webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("have one signature of each secret, made as the standard says", () => {
    const secrets = [createSecret(randomBytes), createSecret(randomBytes)];
    const now = Date.now();
    const headers = signedHeaders({ id, body: "fünf", secrets, now });
    const expected = secrets.map((each) => {
      const key = Buffer.from(each.slice("whsec_".length), "base64");
      expect(key).toHaveLength(32);
      return `v1,${createHmac("sha256", key)
        .update(`${id}.${Math.floor(now / 1_000)}.fünf`)
        .digest("base64")}`;
    });
    expect(headers["webhook-signature"]).toBe(expected.join(" "));
  });

  it("do not fit another body, another id, another secret or another day", () => {
    const now = Date.now();
    const headers = signedHeaders({ id, body, secrets: [secret], now });
    const verify = (text: string, changed: Record<string, string>, key = secret) =>
      new Webhook(key).verify(text, { ...headers, ...changed });
    expect(verify(body, {})).toEqual({ test: 2432232314 });
    expect(() => verify(body.replace("4}", "5}"), {})).toThrow("No matching signature");
    expect(() => verify(body, { "webhook-id": "msg_other" })).toThrow("No matching signature");
    expect(() => verify(body, {}, createSecret(randomBytes))).toThrow("No matching signature");
    const old = signedHeaders({ id, body, secrets: [secret], now: now - 6 * 60_000 });
    expect(() => verify(body, old)).toThrow("too old");
  });
});
