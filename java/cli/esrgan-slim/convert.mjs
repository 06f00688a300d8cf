// Writes the small upscaling network of npm's @upscalerjs/esrgan-slim (MIT) as a safetensors file, which lies in the
// command's jar. TensorFlow.js keeps kernels as (height, width, in, out); torch and this file as (out, in, height, width).
//
//   npm pack @upscalerjs/esrgan-slim@1.0.0 && tar xzf upscalerjs-esrgan-slim-1.0.0.tgz
//   node convert.mjs package/models/x2 ../src/main/resources/dev/langevin/cli/esrgan-slim/x2.safetensors
//   cp package/LICENSE ../src/main/resources/dev/langevin/cli/esrgan-slim/LICENSE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, target] = process.argv.slice(2);
if (!target) {
  console.error('usage: node convert.mjs FOLDER FILE.safetensors');
  process.exit(2);
}

const manifest = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')).weightsManifest;
const header = { __metadata__: { format: 'pt', source: '@upscalerjs/esrgan-slim 1.0.0, MIT, Copyright (c) 2022 Kevin Scott' } };
const parts = [];
let at = 0;
for (const group of manifest) {
  const bytes = Buffer.concat(group.paths.map((path) => readFileSync(join(folder, path))));
  let read = 0;
  for (const { name, shape, dtype } of group.weights) {
    if (dtype !== 'float32') {
      throw new Error(`${name} is ${dtype}, must be float32`);
    }
    const count = shape.reduce((a, b) => a * b, 1);
    let data = Buffer.from(bytes.subarray(read, read + 4 * count));
    let dims = shape;
    if (data.length !== 4 * count) {
      throw new Error(`${name} is not within its file`);
    }
    read += 4 * count;
    if (name.endsWith('/kernel')) {
      const [height, width, inputs, outputs] = shape;
      const points = height * width;
      const turned = Buffer.alloc(data.length);
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          for (let p = 0; p < points; p++) {
            data.copy(turned, 4 * ((o * inputs + i) * points + p), 4 * ((p * inputs + i) * outputs + o), 4 * ((p * inputs + i) * outputs + o) + 4);
          }
        }
      }
      data = turned;
      dims = [outputs, inputs, height, width];
    }
    header[name.replace('/kernel', '.weight').replace('/bias', '.bias')] = { dtype: 'F32', shape: dims, data_offsets: [at, at + data.length] };
    at += data.length;
    parts.push(data);
  }
}
let json = JSON.stringify(header);
json += ' '.repeat((8 - (json.length % 8)) % 8);
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(json.length));
writeFileSync(target, Buffer.concat([length, Buffer.from(json), ...parts]));
