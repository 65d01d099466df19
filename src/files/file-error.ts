import { type ApiError, invalidRequest } from "../errors.ts";

/** What can be wrong with a file, an image or a recording. Codes for images are OpenAI's (openai-node, `ResponseError`). */
export type FileErrorCode =
  | "invalid_file_data"
  | "invalid_data_url"
  | "unsupported_charset"
  | "empty_file"
  | "file_too_large"
  | "too_many_files"
  | "encrypted_file"
  | "unsupported_file"
  | "file_not_converted"
  | "file_not_fetched"
  | "invalid_image_format"
  | "unsupported_image_media_type"
  | "unsupported_input";

/** 400 for what `param` holds, or leads to. `reason` goes on from "can't be read:". */
export function unreadable({ code, param, reason }: { code: FileErrorCode; param: string; reason: string }): ApiError {
  return invalidRequest({ code, param, message: `The field \`${param}\` can't be read: ${reason}.` });
}

/** 400 for a file for which one request too many would be made. */
export function noRequestsLeft(param: string): ApiError {
  const reason =
    "this request has made as many requests as it may. Send some of the files in later requests that continue this one";
  return unreadable({ code: "too_many_files", param, reason });
}
