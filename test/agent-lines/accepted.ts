/** Lines that answer otherwise than bash and kubectl, with the reason. */
export const accepted: Record<string, string> = {};
