/** Sets headers on an answer as it leaves: one set before there is an answer costs a copy of it. */
export function setHeaders(headers: Headers, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) headers.set(name, value);
}
