import { ApiError } from "../errors.ts";

/** The three ways a client may write `@cf/openai/gpt-oss-20b`: in full, without `@cf/`, and by its last part. */
function namesOf(model: string): readonly string[] {
  return [model, model.replace(/^@[^/]+\//, ""), model.slice(model.lastIndexOf("/") + 1)];
}

/**
 * Turns the name a client wrote into the full Workers AI name, one of `models`; no name means the first of them.
 * Throws 404 `model_not_found` for any other name.
 */
export function findModel(models: readonly [string, ...string[]], name: string | undefined): string {
  if (name === undefined) return models[0];
  const found = models.includes(name) ? name : models.find((model) => namesOf(model).includes(name));
  if (found === undefined) {
    throw new ApiError({
      status: 404,
      type: "not_found_error",
      code: "model_not_found",
      param: "model",
      message: `This Worker does not serve that model. It serves: ${models.join(", ")}.`,
    });
  }
  return found;
}
