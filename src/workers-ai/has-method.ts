/** Whether what is bound as `AI` has a method. The stand-in for development is another object, which may be callable. */
export function hasMethod(ai: unknown, name: string): boolean {
  return (typeof ai === "object" || typeof ai === "function") && ai !== null && name in ai;
}
