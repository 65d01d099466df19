import { signal } from "@preact/signals";
import { announce } from "../ui/announce.tsx";
import { formatBytes } from "../ui/format.ts";
import type { Attachment } from "./build-input.ts";

/** What goes with the next message. */
export const attachments = signal<readonly Attachment[]>([]);
export const attachProblem = signal("");

/** A request's body has its limit at the Worker, and base64 takes a third more. */
const largestFile = 15_000_000;
/** No model sees more than this, in pixels at the longer side. */
const longestSide = 2048;

/** Takes files to be sent with the next message. Images are made smaller where no model would see the difference. */
export async function attachFiles(files: Iterable<File>): Promise<void> {
  attachProblem.value = "";
  for (const file of files) {
    try {
      const taken = file.type.startsWith("image/") ? await shrinkImage(file) : file;
      if (taken.size > largestFile) {
        attachProblem.value = `${file.name} is too large: ${formatBytes(taken.size)}. The limit is ${formatBytes(largestFile)}.`;
        continue;
      }
      const kind = file.type.startsWith("image/") ? "image" : "file";
      attachments.value = [
        ...attachments.value,
        { kind, name: file.name, bytes: taken.size, url: await readUrl(taken) },
      ];
      announce(`${file.name} is attached.`);
    } catch {
      attachProblem.value = `${file.name} can't be read.`;
    }
  }
}

export function detach(attachment: Attachment): void {
  attachments.value = attachments.value.filter((other) => other !== attachment);
}

function readUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(typeof reader.result === "string" ? reader.result : ""));
    reader.addEventListener("error", () => reject(new Error("unreadable")));
    reader.readAsDataURL(blob);
  });
}

async function shrinkImage(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const scale = longestSide / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1 || file.type === "image/svg+xml") return file;
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: file.type === "image/png" ? "image/png" : "image/jpeg", quality: 0.9 });
}
