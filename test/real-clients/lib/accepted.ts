/** Commands whose output differs from the real clients', each with its reason. One that no longer differs fails. */
export const accepted: { command: RegExp; reason: string }[] = [];
