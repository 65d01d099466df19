import type { ClientTool } from "../translation.ts";

/** Names a tool the model can be offered: a client's name can hold anything, the model's only these (OpenAI's rule). */
const unsafeCharacters = /[^a-zA-Z0-9_-]/g;
const maxLength = 64;

/** The function name the model would see for a tool of its own, were there no other tool. */
export function safeName({ name, namespace }: Pick<ClientTool, "name" | "namespace">): string {
  const whole = namespace === undefined ? name : `${namespace}__${name}`;
  return whole.replaceAll(unsafeCharacters, "_").slice(0, maxLength) || "_";
}

/** `safeName`, with a number at its end when it is taken. */
export function freeName(tool: Pick<ClientTool, "name" | "namespace">, taken: ReadonlyMap<string, unknown>): string {
  const name = safeName(tool);
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    const suffix = `_${number}`;
    const numbered = `${name.slice(0, maxLength - suffix.length)}${suffix}`;
    if (!taken.has(numbered)) return numbered;
  }
}
