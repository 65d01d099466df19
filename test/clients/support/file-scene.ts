import { documents, images, type SampleFile, toDataUrl } from "../../support/sample-files.ts";
import type { ConvertedFile, Script, ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { answerWith } from "./model-turns.ts";

const [first] = documents;
if (first === undefined) throw new Error("there is no PDF");

/** A PDF of one sentence: The lighthouse is 41 metres high. */
export const report: SampleFile = first;

/** An image of one pixel. */
export const dot: SampleFile = images.png;

export { toDataUrl };

/** What is asked of the model that is given both. */
export const question = "How high is the lighthouse, and what is in the image?";

/** What a model says that was given the text of the PDF and the description of the image. */
export const answer = "41 metres. An image of 1 by 1 pixels.";

/**
 * Has upstream read the text of a PDF and the size of a PNG, and the model quote what it was given of them: nothing, unless
 * the whole way worked.
 */
export function readFiles(upstream: ScriptedUpstream): void {
  const script: Script = async (call) => {
    if (call.files !== undefined) {
      const result = call.files.map((file) => ({
        ...file,
        id: "1",
        format: "markdown",
        tokens: 9,
        data: convert(file),
      }));
      return { body: JSON.stringify({ result }) };
    }
    const prompt = JSON.stringify(call.inputs);
    const height = /lighthouse is (\d+ metres)/.exec(prompt)?.[1] ?? "Unknown";
    const image = /An image of \d+ by \d+ pixels/.exec(prompt)?.[0] ?? "Nothing";
    const turn = answerWith({ text: `${height}. ${image}.` });
    return typeof turn === "function" ? turn(call) : turn;
  };
  // Two conversions, and the model.
  upstream.enqueue(script, script, script);
}

function convert({ mimeType, data }: ConvertedFile): string {
  const bytes = Buffer.from(data, "base64");
  if (mimeType === "image/png") return `An image of ${bytes.readUInt32BE(16)} by ${bytes.readUInt32BE(20)} pixels`;
  return /\((.*)\) Tj/.exec(bytes.toString("latin1"))?.[1] ?? "";
}
