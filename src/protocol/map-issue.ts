import type { $ZodIssue } from "zod/v4/core";
import { type ApiError, invalidRequest } from "../errors.ts";

/**
 * Turns the first finding of a schema into the 400 a client sees: OpenAI's codes, the field's path as `param`. The
 * schema has to be run with `reportInput: true`. `path` leads from the request to what the schema was run on.
 */
export function mapIssue(issues: readonly $ZodIssue[], path: readonly PropertyKey[] = []): ApiError {
  const [issue] = issues;
  if (issue?.code === "invalid_union") {
    // The alternative of the right kind says what is wrong inside; the others only that it is of another kind.
    const inside = issue.errors.find((alternative) => alternative[0] !== undefined && alternative[0].path.length > 0);
    if (inside !== undefined) return mapIssue(inside, [...path, ...issue.path]);
  }
  const param = renderPath([...path, ...(issue?.path ?? [])]);
  if (issue?.input === undefined) {
    return invalidRequest({
      code: "missing_required_parameter",
      param,
      message: `The field \`${param}\` is required.`,
    });
  }
  return invalidRequest({
    code: isOfRightKind(issue) ? "invalid_value" : "invalid_type",
    param,
    message: `The field \`${param}\` must be ${expectation(issue)}.`,
  });
}

/** Whether what was sent is of a kind the schema takes there, and only its value is wrong. */
function isOfRightKind(issue: $ZodIssue): boolean {
  switch (issue.code) {
    case "invalid_value":
    case "too_small":
    case "too_big":
      return true;
    case "invalid_union":
      return issue.errors
        .flat()
        .some(
          (alternative) =>
            alternative.code === "invalid_value" &&
            alternative.values.some((value) => typeof value === typeof issue.input),
        );
    default:
      return false;
  }
}

/** How an `expected` of zod's is said; of any other, `a` and its name. */
const kinds: Readonly<Record<string, string>> = {
  array: "an array",
  int: "a whole number",
  object: "an object",
  record: "an object",
};

function expectation(issue: $ZodIssue): string {
  switch (issue.code) {
    case "invalid_union":
      return issue.errors
        .flat()
        .map((alternative) => expectation(alternative))
        .join(" or ");
    case "invalid_type":
      return kinds[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_value":
      return `one of: ${issue.values.join(", ")}`;
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    default:
      return "of another kind";
  }
}

/** `["input", 2, "content"]` becomes `input[2].content`. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((rendered, key) => {
    if (typeof key === "number") return `${rendered}[${key}]`;
    return rendered === "" ? String(key) : `${rendered}.${String(key)}`;
  }, "");
}
