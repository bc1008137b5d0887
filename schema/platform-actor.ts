/** Who acts when no token does, as events and rows name it. No token may be called so: history would say what is not true. */
export const PLATFORM_ACTORS = ["bootstrap", "builder", "platform", "retention", "webhooks"] as const;
export type PlatformActor = (typeof PLATFORM_ACTORS)[number];

export function isPlatformActor(name: string): boolean {
  return (PLATFORM_ACTORS as readonly string[]).includes(name.toLowerCase());
}
