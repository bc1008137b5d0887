import * as z from "zod";

/**
 * Words of people: names, reasons, messages. Half a surrogate pair, as is left of an emoji that a client cut in two, becomes U+FFFD:
 * it has no form in UTF-8, so what a store gives back would not be what was hashed.
 */
export const FreeText = z.string().overwrite((text) => text.toWellFormed());

/** Why something is done, in the words of who does it. */
export const Reason = FreeText.trim().min(1).max(500);
