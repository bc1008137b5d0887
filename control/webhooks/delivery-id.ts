import type { ProjectEvent } from "../../schema/contracts/events.ts";
import { sha256 } from "../../schema/digest.ts";
import { type DeliveryId, deliveryIdFrom, type WebhookId } from "../../schema/ids.ts";

/**
 * The id of one event's message to one webhook. It follows from the two (a UUID version 7 of the event's time, its number and a hash of
 * both), so that an event which is handed over twice is never sent under two ids, whatever was forgotten in between.
 */
export async function deliveryIdOf({ at, seq, hash }: ProjectEvent, webhook: WebhookId): Promise<DeliveryId> {
  const time = Date.parse(at).toString(16).padStart(12, "0");
  // Within a millisecond the number of the event keeps the order (RFC 9562, 6.2, method 1).
  const counter = (seq & 0xfff).toString(16).padStart(3, "0");
  const digits = await sha256(`${hash} ${webhook}`);
  const variant = "89ab"[Number.parseInt(digits.slice(0, 1), 16) & 3];
  return deliveryIdFrom(
    `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}${digits.slice(1, 4)}-${digits.slice(4, 16)}`,
  );
}
