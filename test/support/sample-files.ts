/** A file as a client has it. */
export interface SampleFile {
  name: string;
  mediaType: string;
  bytes: Buffer;
}

const office = "application/vnd.openxmlformats-officedocument";
const openDocument = "application/vnd.oasis.opendocument";

/** A ZIP archive whose entries are stored as they are: enough to be told from others (APPNOTE.TXT, section 4.3). */
function zip(entries: Record<string, string>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(Buffer.byteLength(content), 14);
    common.writeUInt32LE(Buffer.byteLength(content), 18);
    common.writeUInt16LE(name.length, 22);
    const file = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, Buffer.from(name + content)]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const version = Buffer.from([20, 0]);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), version, common, place, Buffer.from(name)]));
    files.push(file);
    offset += file.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, ...directory, Buffer.from("PK\u0005\u0006"), end]);
}

/** The start of a compound file, in which a stream of that name is (MS-CFB, section 2.2). */
function compound(stream: string): Buffer {
  return Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(504), Buffer.from(stream, "utf16le")]);
}

/** A PDF of one page that says `text`. */
export function pdf(text: string, extra = ""): Buffer {
  const page = `BT /F1 24 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${page.length} >>\nstream\n${page}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const start = file.length;
  const size = objects.length + 1;
  return Buffer.from(
    `${file}xref\n0 ${size}\n0000000000 65535 f \n${offsets.join("")}trailer\n<< /Size ${size} /Root 1 0 R ${extra}>>\nstartxref\n${start}\n%%EOF\n`,
  );
}

/** Files that are converted, of every format that is told from others. */
export const documents: readonly SampleFile[] = [
  { name: "report.pdf", mediaType: "application/pdf", bytes: pdf("The lighthouse is 41 metres high.") },
  {
    name: "letter.docx",
    mediaType: `${office}.wordprocessingml.document`,
    bytes: zip({ "[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>" }),
  },
  {
    name: "sums.xlsx",
    mediaType: `${office}.spreadsheetml.sheet`,
    bytes: zip({ "[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>" }),
  },
  {
    name: "macros.xlsm",
    mediaType: "application/vnd.ms-excel.sheet.macroenabled.12",
    bytes: zip({ "[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/vbaProject.bin": "" }),
  },
  {
    name: "binary.xlsb",
    mediaType: "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    bytes: zip({ "[Content_Types].xml": "<Types/>", "xl/workbook.bin": "" }),
  },
  { name: "old.xls", mediaType: "application/vnd.ms-excel", bytes: compound("Workbook") },
  {
    name: "letter.odt",
    mediaType: `${openDocument}.text`,
    bytes: zip({ mimetype: `${openDocument}.text`, "content.xml": "<office:document-content/>" }),
  },
  {
    name: "sums.ods",
    mediaType: `${openDocument}.spreadsheet`,
    bytes: zip({ mimetype: `${openDocument}.spreadsheet`, "content.xml": "<office:document-content/>" }),
  },
  {
    name: "sums.numbers",
    mediaType: "application/vnd.apple.numbers",
    bytes: zip({ "Index/Document.iwa": "", "Metadata/Properties.plist": "" }),
  },
  { name: "page.html", mediaType: "text/html", bytes: Buffer.from("<h1>Hi</h1>") },
  { name: "feed.xml", mediaType: "application/xml", bytes: Buffer.from("<feed/>") },
  { name: "table.csv", mediaType: "text/csv", bytes: Buffer.from("a,b\n1,2\n") },
];

/** A Word document with a password. */
export const encryptedWord: SampleFile = {
  name: "secret.docx",
  mediaType: `${office}.wordprocessingml.document`,
  bytes: compound("EncryptedPackage"),
};

/** A presentation, which is not converted. */
export const presentation: SampleFile = {
  name: "talk.pptx",
  mediaType: `${office}.presentationml.presentation`,
  bytes: zip({ "[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>" }),
};

/** Images of one pixel, or what tells them. */
export const images = {
  png: {
    name: "dot.png",
    mediaType: "image/png",
    bytes: Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    ),
  },
  jpeg: {
    name: "dot.jpg",
    mediaType: "image/jpeg",
    // SOI, APP0, then a frame header of 3 lines of 5 samples.
    bytes: Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0000b080003000501011100ffd9", "hex"),
  },
  webp: {
    name: "dot.webp",
    mediaType: "image/webp",
    bytes: Buffer.concat([
      Buffer.from("RIFF\u001c\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\u0006\0\0\u0008\0\0", "latin1"),
      Buffer.alloc(8),
    ]),
  },
  gif: { name: "dot.gif", mediaType: "image/gif", bytes: Buffer.from("GIF89a\u0007\0\u0009\0\0\0\0;", "latin1") },
} satisfies Record<string, SampleFile>;

export const svg: SampleFile = {
  name: "dot.svg",
  mediaType: "image/svg+xml",
  bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
};

/** A recording without a sample in it. */
export const wav: SampleFile = {
  name: "word.wav",
  mediaType: "audio/wav",
  bytes: Buffer.concat([Buffer.from("RIFF\u0024\0\0\0WAVEfmt ", "latin1"), Buffer.alloc(24)]),
};

/** A file as clients send it in JSON. */
export function toDataUrl({ mediaType, bytes }: Pick<SampleFile, "mediaType" | "bytes">): string {
  return `data:${mediaType};base64,${bytes.toString("base64")}`;
}
