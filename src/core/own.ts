/** The value that an object itself has under a key which comes from outside: never what it inherits (`constructor`, `__proto__`). */
export function own<T>(object: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}
