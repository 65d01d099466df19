import type { $ZodIssue } from "zod/v4/core";
import { type ApiError, invalidRequest } from "../errors.ts";

/** Turns the first finding of a schema into the 400 a client sees: OpenAI's codes, the field's path as `param`. */
export function mapIssue(issues: readonly $ZodIssue[]): ApiError {
  const [issue] = issues;
  const param = issue === undefined ? "" : renderPath(issue.path);
  if (issue?.input === undefined) {
    return invalidRequest({
      code: "missing_required_parameter",
      param,
      message: `The field \`${param}\` is required.`,
    });
  }
  return issue.code === "invalid_value"
    ? invalidRequest({
        code: "invalid_value",
        param,
        message: `The field \`${param}\` must be one of: ${issue.values.join(", ")}.`,
      })
    : invalidRequest({
        code: "invalid_type",
        param,
        message: `The field \`${param}\` must be ${expectation(issue)}.`,
      });
}

function expectation(issue: $ZodIssue): string {
  switch (issue.code) {
    case "invalid_union":
      return issue.errors
        .flat()
        .map((alternative) => expectation(alternative))
        .join(" or ");
    case "invalid_type":
      return issue.expected === "array" || issue.expected === "object" ? `an ${issue.expected}` : `a ${issue.expected}`;
    default:
      return "of another kind";
  }
}

/** `["input", 2, "content"]` becomes `input[2].content`. */
function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((rendered, key) => {
    if (typeof key === "number") return `${rendered}[${key}]`;
    return rendered === "" ? String(key) : `${rendered}.${String(key)}`;
  }, "");
}
