import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { encryptedWord, images, pdf, presentation, type SampleFile, toDataUrl } from "../support/sample-files.ts";
import type { Answer, Script } from "../support/scripted-upstream.ts";
import { type Api, clientHeaders, startApi } from "../support/start-api.ts";
import { stateObjects } from "../support/state-objects.ts";

const gptOss = "@cf/openai/gpt-oss-20b";
const gemma = "@cf/google/gemma-4-26b-a4b-it";

let api: Api;

beforeAll(async () => {
  const services = [{ binding: "WEB", service: "web" }];
  const vars = { MODELS: `${gptOss},${gemma}`, MAX_BODY_BYTES: "100000000", UPSTREAM_TIMEOUT_MS: "1000" };
  api = await startApi(
    inject("bundlePath"),
    [
      { name: "api", vars, services, durableObjects: stateObjects },
      { name: "refusing", vars: { ...vars, IMAGE_INPUT: "refuse" }, services },
      { name: "no-ai", vars, withoutAi: true },
      { name: "misconfigured", vars: { IMAGE_INPUT: "shrink" } },
      { name: "misnamed", vars: { VISION_MODEL: "a model" } },
    ],
    [{ name: "web", modulePath: fileURLToPath(new URL("../support/web-pages.js", import.meta.url)) }],
  );
});
beforeEach(() => {
  api.upstream.clear();
  api.upstream.setScript({ body: "{}" });
});
afterAll(() => api?.stop());

/** What `toMarkdown` makes of any file. */
function conversion(data: string): Answer {
  return {
    body: JSON.stringify({ result: [{ id: "1", name: "x", mimeType: "x", format: "markdown", tokens: 1, data }] }),
  };
}

const conversionError: Answer = {
  body: JSON.stringify({
    result: [{ id: "1", name: "x", mimeType: "x", format: "error", error: "parser panicked at /srv/convert.rs" }],
  }),
};

async function post(path: string, body: object, worker: string): Promise<{ status: number; error: object }> {
  const answered = await fetch(`${api.workerd.url(worker)}/openai/v1${path}`, {
    method: "POST",
    headers: clientHeaders,
    body: JSON.stringify(body),
  });
  const { error } = (await answered.json()) as { error: object };
  return { status: answered.status, error };
}

const file = (file_data: string, filename?: string) => ({
  type: "input_file",
  file_data,
  ...(filename !== undefined && { filename }),
});
const sample = (one: SampleFile) => file(toDataUrl(one), one.name);
const url = (path: string) => ({ type: "input_file", file_url: `https://files.example${path}` });
const image = (image_url: string) => ({ type: "input_image", image_url });
const audio = (data: string) => ({ type: "input_audio", input_audio: { data, format: "wav" } });
const text = (content: string | Buffer) => Buffer.from(content).toString("base64");
const plain = (content: string | Buffer, filename = "a.txt") =>
  file(`data:text/plain;base64,${text(content)}`, filename);
const oneMore = Buffer.alloc(10_485_761, "a");

const kinds =
  "files of this kind are not supported. Send text, PDF, Word, Excel, OpenDocument, Numbers, HTML, XML, CSV, an image or a recording";
const noFiles = "This Worker has no files API, so no `file_id` leads to a file. Send the content itself in";

interface Refused {
  /** What makes the case. */
  title: string;
  part: object;
  code: string;
  /** The field of the part that is named. */
  field: string;
  /** What follows "can't be read:", or the whole message. */
  reason?: string;
  message?: string;
  worker?: string;
  script?: Script;
  /** Calls of upstream that it takes to find out. */
  calls?: number;
}

const refused: readonly Refused[] = [
  {
    title: "no source",
    part: { type: "input_file", filename: "a.pdf" },
    code: "missing_required_parameter",
    field: "file_data",
    message: "A part of type input_file needs its `file_data`.",
  },
  {
    title: "two sources",
    part: { ...plain("x"), file_url: "https://files.example/notes.txt" },
    code: "mutually_exclusive_parameters",
    field: "file_url",
    message: "A part of type input_file has `file_data` or `file_url`, not both. Leave one out.",
  },
  {
    title: "a file_id",
    part: { type: "input_file", file_id: "file_1" },
    code: "unsupported_parameter",
    field: "file_id",
    message: `${noFiles} \`file_data\`.`,
  },
  {
    title: "an image's file_id",
    part: { type: "input_image", file_id: "file_1" },
    code: "unsupported_parameter",
    field: "file_id",
    message: `${noFiles} \`image_url\`.`,
  },
  {
    title: "an image without a source",
    part: { type: "input_image", detail: "auto" },
    code: "missing_required_parameter",
    field: "image_url",
    message: "A part of type input_image needs its `image_url`.",
  },
  {
    title: "a recording without a source",
    part: { type: "input_audio" },
    code: "missing_required_parameter",
    field: "input_audio",
    message: "A part of type input_audio needs its `input_audio`.",
  },
  {
    title: "a video",
    part: { type: "input_video", video_url: "x" },
    code: "unsupported_input",
    field: "type",
    message: "No model here takes videos. Send images of it, or its sound as `input_audio`.",
  },
  {
    title: "a number for a file",
    part: { type: "input_file", file_data: 5 },
    code: "invalid_type",
    field: "file_data",
    message: "The field `input[0].content[1].file_data` must be a string.",
  },
  {
    title: "a file that is no base64",
    part: file("data:application/pdf;base64,@@@", "a.pdf"),
    code: "invalid_file_data",
    field: "file_data",
    reason: "it is not valid base64",
  },
  {
    title: "bare text for base64",
    part: file("Hello, world!", "a.txt"),
    code: "invalid_file_data",
    field: "file_data",
    reason: "it is not valid base64",
  },
  {
    title: "a data: URL without data",
    part: file("data:application/pdf", "a.pdf"),
    code: "invalid_data_url",
    field: "file_data",
    reason: "its data: URL has no comma before the data",
  },
  {
    title: "an empty file",
    part: file("data:application/pdf;base64,", "a.pdf"),
    code: "empty_file",
    field: "file_data",
    reason: "it is empty",
  },
  {
    title: "an empty file_data",
    part: file("", "a.pdf"),
    code: "empty_file",
    field: "file_data",
    reason: "it is empty",
  },
  {
    title: "a text of nothing but spaces",
    part: plain(" \n\t "),
    code: "empty_file",
    field: "file_data",
    reason: "it has no text",
  },
  {
    title: "a file that is too large",
    part: plain(oneMore),
    code: "file_too_large",
    field: "file_data",
    reason: "it has more than 10485760 bytes",
  },
  {
    title: "a file of an unknown kind",
    part: file(text(Buffer.from([0, 1, 2, 3, 250])), "a.bin"),
    code: "unsupported_file",
    field: "file_data",
    reason: kinds,
  },
  { title: "a presentation", part: sample(presentation), code: "unsupported_file", field: "file_data", reason: kinds },
  {
    title: "a text named as a PDF",
    part: file(text("Hello"), "a.pdf"),
    code: "unsupported_file",
    field: "file_data",
    reason: "it is declared as a .pdf file, but its content is something else",
  },
  {
    title: "a text sent as a Word document",
    part: file(`data:application/vnd.openxmlformats-officedocument.wordprocessingml.document;base64,${text("x")}`),
    code: "unsupported_file",
    field: "file_data",
    reason: "it is declared as a .docx file, but its content is something else",
  },
  {
    title: "a charset that is not known",
    part: file(`data:text/plain;charset=klingon;base64,${text("x")}`),
    code: "unsupported_charset",
    field: "file_data",
    reason: "it names a charset that is not known",
  },
  {
    title: "a text that is not in its charset",
    part: file(`data:text/plain;charset=utf-8;base64,${text(Buffer.from([0xe4, 0x6f]))}`),
    code: "unsupported_file",
    field: "file_data",
    reason: "it is not valid text in the charset that it names",
  },
  {
    title: "an encrypted Word document",
    part: sample(encryptedWord),
    code: "encrypted_file",
    field: "file_data",
    reason: "it is encrypted. Send it without a password",
  },
  {
    title: "an encrypted PDF",
    part: file(text(pdf("x", "/Encrypt 6 0 R ")), "a.pdf"),
    code: "encrypted_file",
    field: "file_data",
    reason: "it is encrypted. Send it without a password",
    script: conversionError,
    calls: 1,
  },
  {
    title: "a damaged PDF",
    part: file(text("%PDF-1.4"), "a.pdf"),
    code: "file_not_converted",
    field: "file_data",
    reason: "Workers AI could not convert it to text. It may be damaged",
    script: conversionError,
    calls: 1,
  },
  {
    title: "a scanned PDF",
    part: file(text(pdf("")), "a.pdf"),
    code: "file_not_converted",
    field: "file_data",
    reason: "there is no text in it. If it is a scan, send its pages as images",
    script: conversion("# file.pdf\n## Contents\n### Page 1\n\n\n### Page 2\n"),
    calls: 1,
  },
  {
    title: "a URL that is not valid",
    part: { type: "input_file", file_url: "notes.txt" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "it is not a valid absolute URL",
  },
  {
    title: "a URL of http",
    part: { type: "input_file", file_url: "http://files.example/notes.txt" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "only https URLs are fetched",
  },
  {
    title: "a URL of an address",
    part: { type: "input_file", file_url: "https://0x7f.1/" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "its host is an IP address",
  },
  {
    title: "a URL inside",
    part: { type: "input_file", file_url: "https://db.internal/" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "its host is not on the public internet",
  },
  {
    title: "a URL with a port",
    part: { type: "input_file", file_url: "https://files.example:8443/" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "only port 443 is allowed",
  },
  {
    title: "a URL with a password",
    part: { type: "input_file", file_url: "https://a:b@files.example/" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "it carries credentials",
  },
  {
    title: "a URL that redirects inside",
    part: url("/inwards"),
    code: "file_not_fetched",
    field: "file_url",
    reason: "its host is an IP address",
  },
  {
    title: "a URL that redirects without end",
    part: url("/round"),
    code: "file_not_fetched",
    field: "file_url",
    reason: "it redirects too often",
  },
  {
    title: "a URL of nothing",
    part: url("/none"),
    code: "file_not_fetched",
    field: "file_url",
    reason: "its server answered with an error",
  },
  {
    title: "a URL of no server",
    part: { type: "input_file", file_url: "https://nowhere.example/" },
    code: "file_not_fetched",
    field: "file_url",
    reason: "its server could not be reached",
  },
  {
    title: "a URL of a large file",
    part: url("/large"),
    code: "file_too_large",
    field: "file_url",
    reason: "it has more than 10485760 bytes",
  },
  {
    title: "a URL of an empty file",
    part: url("/empty.txt"),
    code: "empty_file",
    field: "file_url",
    reason: "it is empty",
  },
  {
    title: "an image that is not one",
    part: image(`data:image/png;base64,${text("no image")}`),
    code: "invalid_image_format",
    field: "image_url",
    reason: "it is not an image. Images are PNG, JPEG, WebP and GIF",
  },
  {
    title: "an empty image",
    part: image("data:image/png;base64,"),
    code: "empty_file",
    field: "image_url",
    reason: "it is empty",
  },
  { title: "an empty image_url", part: image(""), code: "empty_file", field: "image_url", reason: "it is empty" },
  {
    title: "an image that is no base64",
    part: image("data:image/png;base64,***"),
    code: "invalid_file_data",
    field: "image_url",
    reason: "it is not valid base64",
  },
  {
    title: "an image that is too large",
    part: image(`data:image/png;base64,${Buffer.concat([images.png.bytes, oneMore]).toString("base64")}`),
    code: "file_too_large",
    field: "image_url",
    reason: "it has more than 10485760 bytes",
  },
  {
    title: "an image URL that leads to a text",
    part: image("https://files.example/notes.txt"),
    code: "invalid_image_format",
    field: "image_url",
    reason: "it is not an image. Images are PNG, JPEG, WebP and GIF",
  },
  {
    title: "an image URL of http",
    part: image("http://files.example/dot.png"),
    code: "file_not_fetched",
    field: "image_url",
    reason: "only https URLs are fetched",
  },
  {
    title: "a GIF that can't be described",
    part: image(toDataUrl(images.gif)),
    code: "unsupported_image_media_type",
    field: "image_url",
    reason: "the model can't see images, and this image/gif image could not be described. Send PNG, JPEG or WebP",
  },
  {
    title: "an image that is refused",
    part: image(toDataUrl(images.png)),
    code: "unsupported_input",
    field: "image_url",
    reason: "this model can't see images",
    worker: "refusing",
  },
  {
    title: "an image at a URL that is refused",
    part: image("https://files.example/dot.png"),
    code: "unsupported_input",
    field: "image_url",
    reason: "this model can't see images",
    worker: "refusing",
  },
  {
    title: "a recording that is not one",
    part: audio(text("la la la")),
    code: "unsupported_file",
    field: "input_audio.data",
    reason: "it is not a WAV or MP3 recording",
  },
  {
    title: "a recording of silence",
    part: audio(text("ID3")),
    code: "file_not_converted",
    field: "input_audio.data",
    reason: "there is no speech in it",
    script: { body: '{"text":" "}' },
    calls: 1,
  },
];

describe("what can't be read is refused by name, and the model is not asked", () => {
  test.each(
    refused.flatMap((one) => [
      { ...one, stream: false },
      { ...one, stream: true, title: `${one.title}, streamed` },
    ]),
  )("$title", async ({ part, code, field, reason, message, worker = "api", script, calls = 0, stream }) => {
    if (script !== undefined) api.upstream.setScript(script);
    const param = `input[0].content[1].${field}`;
    const content = [{ type: "input_text", text: "What is it?" }, part];
    const body = { model: gptOss, input: [{ role: "user", content }], stream };
    expect(await post("/responses", body, worker)).toEqual({
      status: 400,
      error: {
        message: message ?? `The field \`${param}\` can't be read: ${reason}.`,
        type: "invalid_request_error",
        param,
        code,
      },
    });
    expect(api.upstream.calls).toHaveLength(calls);
  });

  test("a part of a tool's output is named by its place", async () => {
    const input = [
      { role: "user", content: "x" },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: [plain("")] },
    ];
    expect(await post("/responses", { model: gptOss, input }, "api")).toMatchObject({
      status: 400,
      error: { code: "empty_file", param: "input[2].output[0].file_data" },
    });
  });

  test("nothing is paid for where another part is wrong", async () => {
    const content = [file(text(pdf("x")), "a.pdf"), plain("")];
    expect(await post("/responses", { model: gptOss, input: [{ role: "user", content }] }, "api")).toMatchObject({
      status: 400,
      error: { code: "empty_file", param: "input[0].content[1].file_data" },
    });
    expect(api.upstream.calls).toEqual([]);
  });

  test("too many files to convert", async () => {
    const content = Array.from({ length: 17 }, (_, index) => file(text(pdf(`Page ${index}`)), `${index}.pdf`));
    expect(await post("/responses", { model: gptOss, input: [{ role: "user", content }] }, "api")).toEqual({
      status: 400,
      error: {
        message:
          "A request can have at most 16 files, images and recordings converted or fetched. Send the others in later requests that continue this one.",
        type: "invalid_request_error",
        param: "input",
        code: "too_many_files",
      },
    });
    expect(api.upstream.calls).toEqual([]);
  });

  test("files whose URLs redirect so often that too many requests would be made", async () => {
    await fetch(api.workerd.url("web"));
    const content = Array.from({ length: 16 }, () => url("/far/1"));
    const { status, error } = await post("/responses", { model: gptOss, input: [{ role: "user", content }] }, "api");
    const { param } = error as { param: string };
    expect({ status, error }).toEqual({
      status: 400,
      error: {
        message: `The field \`${param}\` can't be read: this request has made as many requests as it may. Send some of the files in later requests that continue this one.`,
        type: "invalid_request_error",
        param: expect.stringMatching(/^input\[0\]\.content\[1[34]\]\.file_url$/),
        code: "too_many_files",
      },
    });
    expect(await (await fetch(api.workerd.url("web"))).json()).toHaveLength(41);
    expect(api.upstream.calls).toEqual([]);
  });

  test("files that become more text than fits together", async () => {
    api.upstream.setScript(conversion("a".repeat(1_500_000)));
    const content = [1, 2, 3].map((index) => file(text(pdf(`Page ${index}`)), `${index}.pdf`));
    const { status, error } = await post("/responses", { model: gptOss, input: [{ role: "user", content }] }, "api");
    const { param } = error as { param: string };
    expect({ status, error }).toEqual({
      status: 400,
      error: {
        message: `The field \`${param}\` can't be read: what is converted for this request has more than 4000000 characters together.`,
        type: "invalid_request_error",
        param: expect.stringMatching(/^input\[0\]\.content\[[12]\]\.file_data$/),
        code: "file_too_large",
      },
    });
    expect(api.upstream.calls).toHaveLength(3);
  });

  test("files that are too large together", async () => {
    const content = [1, 2, 3].map((index) => plain(Buffer.alloc(8_000_000, String(index))));
    const param = "input[0].content[2].file_data";
    expect(await post("/responses", { model: gptOss, input: [{ role: "user", content }] }, "api")).toEqual({
      status: 400,
      error: {
        message: `The field \`${param}\` can't be read: the files, images and recordings of this request have more than 20971520 bytes together.`,
        type: "invalid_request_error",
        param,
        code: "file_too_large",
      },
    });
  });

  test("a file that a conversation can't take", async () => {
    const items = [{ role: "user", content: [{ type: "input_file", file_id: "file_1" }] }];
    expect(await post("/conversations", { items }, "api")).toEqual({
      status: 400,
      error: {
        message: `${noFiles} \`file_data\`.`,
        type: "invalid_request_error",
        param: "items[0].content[0].file_id",
        code: "unsupported_parameter",
      },
    });
  });

  test("a file of a background run, before it begins", async () => {
    const body = { model: gptOss, input: [{ role: "user", content: [plain("")] }], background: true };
    expect(await post("/responses", body, "api")).toMatchObject({
      status: 400,
      error: { code: "empty_file", param: "input[0].content[0].file_data" },
    });
  });
});

describe("a failure of Workers AI's own", () => {
  const input = [{ role: "user", content: [file(text(pdf("x")), "a.pdf")] }];

  test.each([
    [{ status: 500, body: '{"errors":[{"message":"at /srv/convert.rs"}]}' } as const],
    [{ status: 503, body: "<html>" } as const],
    ["reset" as const],
  ])("%j is a 502 that tells nothing from inside", async (script) => {
    api.upstream.setScript(script);
    expect(await post("/responses", { model: gptOss, input }, "api")).toEqual({
      status: 502,
      error: {
        message: "Workers AI's conversion of files failed. Send the request again.",
        type: "server_error",
        param: "",
        code: "upstream_error",
      },
    });
  });

  test("that takes too long is a 504", async () => {
    api.upstream.setScript("hang");
    expect(await post("/responses", { model: gptOss, input }, "api")).toEqual({
      status: 504,
      error: {
        message: "Workers AI's conversion of a file took too long. Send the request again, or a smaller file.",
        type: "server_error",
        param: "",
        code: "upstream_timeout",
      },
    });
  });

  test("in a transcription is the model's error", async () => {
    api.upstream.setScript({ body: '{"words":[]}' });
    const recording = [{ role: "user", content: [audio(text("ID3"))] }];
    expect(await post("/responses", { model: gptOss, input: recording }, "api")).toMatchObject({
      status: 502,
      error: { code: "upstream_invalid_response" },
    });
  });
});

describe("a setting", () => {
  test.each([
    [
      "no-ai",
      "AI",
      'The binding AI is missing, or can\'t convert files. Add `[ai]` with `binding = "AI"` to wrangler.toml.',
    ],
    ["misconfigured", "IMAGE_INPUT", "The setting IMAGE_INPUT must be describe or refuse."],
    ["misnamed", "VISION_MODEL", "The setting VISION_MODEL must be the name of a model."],
  ])("of %s that is wrong is named", async (worker, param, message) => {
    const input = [{ role: "user", content: [file(text(pdf("x")), "a.pdf")] }];
    expect(await post("/responses", { model: gptOss, input }, worker)).toEqual({
      status: 500,
      error: { message, type: "server_error", param, code: "misconfigured" },
    });
  });
});
