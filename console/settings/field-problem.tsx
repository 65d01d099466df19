import type { FieldName } from "./field-error.ts";
import { settingsProblem } from "./problem.ts";

/** Why this field kept a message from being sent. */
export function FieldProblem({ name }: { name: FieldName }) {
  const problem = settingsProblem.value;
  if (problem?.field !== name) return undefined;
  return (
    <p class="error" role="alert">
      {problem.message}
    </p>
  );
}
