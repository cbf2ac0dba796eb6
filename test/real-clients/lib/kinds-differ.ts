/** What the two clients print differently of a kind, each with its reason. One that no longer differs fails. */
export const differing: { command: RegExp; reason: string }[] = [];
