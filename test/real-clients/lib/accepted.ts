/** Commands whose output differs from the real clients', each with its reason. One that no longer differs fails. */
export const accepted: { command: RegExp; reason: string }[] = [
  {
    command: /--sort-by=\.metadata\.labels$/,
    reason:
      'asked to sort by a map the real kubectl ends in a crash with a log line of its own source; ours sorts by its text',
  },
];
