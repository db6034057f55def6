// Writes a .br and a .gz beside each file under the folder that is named, where that saves bytes.
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const compressible = /\.(css|html|ico|js|json|map|svg|txt|wasm|webmanifest|xml)$/;
const [folder] = process.argv.slice(2);

for (const name of fs.readdirSync(folder, { recursive: true })) {
  const file = path.join(folder, name);
  if (!compressible.test(file) || !fs.statSync(file).isFile()) continue;
  const plain = fs.readFileSync(file);
  const packed = {
    ".br": zlib.brotliCompressSync(plain, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
        [zlib.constants.BROTLI_PARAM_LGWIN]: 24,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
    ".gz": zlib.gzipSync(plain, { level: 9 }),
  };
  for (const [ending, bytes] of Object.entries(packed)) {
    if (bytes.length < plain.length) fs.writeFileSync(file + ending, bytes);
  }
}
