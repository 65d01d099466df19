import * as z from "zod/mini";
import { type ApiError, invalidRequest } from "../errors.ts";

type Path = readonly PropertyKey[];

/**
 * Checks what a client sent against a schema and gives it as the schema has it. `path` leads from the request to `value`.
 * @throws {ApiError} 400 for the first finding: OpenAI's codes, the field's path as `param`
 */
export function validate<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  path: Path = [],
): z.core.output<Schema> {
  const checked = z.safeParse(schema, value, { reportInput: true });
  if (!checked.success) throw mapIssue(checked.error.issues, path);
  return checked.data;
}

/** 400 `invalid_type`: what is at `path` has to be `expected`. */
export function wrongKind(path: Path, expected: string): ApiError {
  const param = renderPath(path);
  return invalidRequest({ code: "invalid_type", param, message: `The field \`${param}\` must be ${expected}.` });
}

/** 400 `invalid_value`: what is at `path` is of the right kind and has to be `expected`. */
export function wrongValue(path: Path, expected: string): ApiError {
  const param = renderPath(path);
  return invalidRequest({ code: "invalid_value", param, message: `The field \`${param}\` must be ${expected}.` });
}

/** 400 `missing_required_parameter`. */
export function missing(param: string): ApiError {
  return invalidRequest({
    code: "missing_required_parameter",
    param,
    message: `The field \`${param}\` is required.`,
  });
}

/** 400 for the item at `path`, whose type is not known, or which has none. */
export function unknownItem(path: Path): ApiError {
  const param = renderPath([...path, "type"]);
  return invalidRequest({
    code: "invalid_value",
    param,
    message: `The field \`${param}\` names no item that this Worker knows. Send messages, tool calls and their outputs.`,
  });
}

function mapIssue(issues: readonly z.core.$ZodIssue[], path: Path): ApiError {
  const [issue] = issues;
  if (issue?.code === "invalid_union") {
    // The alternative of the right kind says what is wrong inside; the others only that it is of another kind.
    const inside = issue.errors.find(
      ([first]) => first !== undefined && (first.path.length > 0 || first.code === "custom"),
    );
    if (inside !== undefined) return mapIssue(inside, [...path, ...issue.path]);
  }
  const where = [...path, ...(issue?.path ?? [])];
  const param = renderPath(where);
  if (issue?.code === "custom") {
    return invalidRequest({ code: String(issue.params?.["code"] ?? "invalid_value"), param, message: issue.message });
  }
  if (issue?.input === undefined) return missing(param);
  return isOfRightKind(issue) ? wrongValue(where, describe(issue)) : wrongKind(where, describe(issue));
}

/** Whether what was sent is of a kind the schema takes there, and only its value is wrong. */
function isOfRightKind(issue: z.core.$ZodIssue): boolean {
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

function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_union":
      return issue.errors
        .flat()
        .map((alternative) => describe(alternative))
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

/** A key of a client's own may be as long as its request. */
const longestKey = 64;

/** `["input", 2, "content"]` becomes `input[2].content`. */
export function renderPath(path: Path): string {
  return path.reduce<string>((rendered, key) => {
    if (typeof key === "number") return `${rendered}[${key}]`;
    const name = String(key).slice(0, longestKey);
    return rendered === "" ? name : `${rendered}.${name}`;
  }, "");
}
