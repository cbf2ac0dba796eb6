/** The version that this shell's kubectl says it has. */
export const CLIENT_VERSION = 'v1.35.2';
