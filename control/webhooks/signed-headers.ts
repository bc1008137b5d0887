import { Webhook } from "standardwebhooks";
import type { DeliveryId } from "../../schema/ids.ts";

export type SignedMessage = {
  readonly id: DeliveryId;
  readonly body: string;
  /** Every one of them signs. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch: of this attempt, as receivers refuse what is older than five minutes. */
  readonly now: number;
};

/** All headers of a message, as Standard Webhooks say. */
export function signedHeaders({ id, body, secrets, now }: SignedMessage): Record<string, string> {
  const at = new Date(now);
  return {
    "content-type": "application/json",
    "user-agent": "Atelier-Webhooks/1",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1_000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(" "),
  };
}
